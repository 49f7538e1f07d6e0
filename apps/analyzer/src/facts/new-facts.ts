import { copyIfNew, CopyWriter, type Transaction } from '@app/shared';
import { FACT_COLUMNS, writeFact } from './fact-copy.js';
import type { FactRow } from './fact-rows.repository.js';
import { MARK_COLUMNS, markRows, noteMark, type Mark } from './marks.js';

const SKETCH_COLUMNS = ['org_id', 'circuit_id', 'hour', 'latency', 'jitter', 'loss'];

function writeSketches(rows: CopyWriter, orgId: number, { circuitId, fact, sketches }: FactRow): void {
  if (sketches === null || sketches === undefined) return;
  rows.row(SKETCH_COLUMNS.length);
  rows.int4(orgId);
  rows.int4(circuitId);
  rows.instant(fact.hour);
  rows.raw(sketches.latency);
  rows.raw(sketches.jitter);
  rows.raw(sketches.loss);
}

/**
 * Appends the facts of hours that had none, their sketches and marks: a third of the work of comparing them with what is stored. `false`, and nothing
 * is stored, where there is one already: `storeFacts` knows which of the two counts.
 */
export function storeNewFacts(tx: Transaction, orgId: number, rows: readonly FactRow[]): Promise<boolean> {
  const [facts, sketches] = [new CopyWriter(), new CopyWriter()];
  const marks: Mark[] = [];
  for (const row of rows) {
    writeFact(facts, orgId, 'samples', row);
    writeSketches(sketches, orgId, row);
    noteMark(marks, row.circuitId, row.fact.hour);
  }
  return copyIfNew(tx, [
    { table: 'circuit_hour', columns: FACT_COLUMNS, rows: facts },
    { table: 'hour_sketch', columns: SKETCH_COLUMNS, rows: sketches },
    { table: 'rollup_mark', columns: MARK_COLUMNS, rows: markRows(orgId, marks) },
  ]);
}
