import type { EpochMs } from '@app/domain';
import { copyIfNew, CopyWriter, TransientError, type Queryable, type Transaction } from '@app/shared';
import { FACT_COLUMNS, writeFact } from '../facts/fact-copy.js';
import type { FactRow } from '../facts/fact-rows.repository.js';
import { MARK_COLUMNS, markRows, noteMark, type Mark } from '../facts/marks.js';
import { epochMs, instant, msOrNull } from '../facts/sql-time.js';
import { nearestBefore, nearestFrom, type ObservedSpan } from './gaps.js';

/** What is stored of a circuit around the hours of a file. */
export interface Surroundings {
  /** No hour from the first to the last. */
  readonly isEmpty: boolean;
  readonly before: EpochMs | null;
  /** The first after the last, when there is none between. */
  readonly after: EpochMs | null;
}

/** What is stored around each span. */
export async function surroundingsOf(
  db: Queryable,
  orgId: number,
  spans: readonly ObservedSpan[],
): Promise<Map<number, Surroundings>> {
  const rows = await db.query<{ before: number | null; next: number | null }>(
    `select ${epochMs('b.hour')} as before, ${epochMs('n.hour')} as next
     from unnest($2::int[], $3::float8[]) with ordinality as u (circuit, lower, i)
     left join lateral ${nearestBefore(instant('u.lower'))} on true left join lateral ${nearestFrom(instant('u.lower'))} on true order by u.i`,
    [orgId, spans.map(({ circuitId }) => circuitId), spans.map(({ from }) => from)],
  );
  return new Map(
    spans.map(({ circuitId, to }, i) => {
      const [before, next] = [msOrNull(rows[i]?.before ?? null), msOrNull(rows[i]?.next ?? null)];
      return [circuitId, { isEmpty: next === null || next > to, before, after: next }];
    }),
  );
}

/** Appends hours of circuits that have none in their spans, and marks them for the rollups. The circuits are locked; their hours come in order. */
export async function appendHours(tx: Transaction, orgId: number, facts: Iterable<FactRow>): Promise<number> {
  const rows = new CopyWriter();
  const marks: Mark[] = [];
  for (const fact of facts) {
    writeFact(rows, orgId, 'imported', fact);
    noteMark(marks, fact.circuitId, fact.fact.hour);
  }
  const isNew = await copyIfNew(tx, [
    { table: 'circuit_hour', columns: FACT_COLUMNS, rows },
    { table: 'rollup_mark', columns: MARK_COLUMNS, rows: markRows(orgId, marks) },
  ]);
  // Another writer was quicker with one of the hours: at the next attempt it is compared.
  if (!isNew) throw new TransientError('HOUR_TAKEN', 'An hour was stored by another writer meanwhile.');
  return rows.rows;
}
