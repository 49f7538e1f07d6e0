import { QUALITY_METRICS, Sketch, type EpochMs, type QualityMetric } from '@app/domain';
import type { Queryable } from '@app/shared';
import { instant } from '../facts/sql-time.js';
import { numberArray } from './columns.js';

/** Merged quality of one metric. */
export interface MergedSketch {
  readonly bytes: Uint8Array | null;
  readonly p95: number | null;
  readonly count: number;
}

/** Of one item of a list of spans; `i` counts from 1. */
export interface SketchedItem extends Readonly<Record<QualityMetric, MergedSketch>> {
  readonly i: number;
  /** Hours that have a sketch. */
  readonly hours: number;
}

interface SketchPieces extends Readonly<Record<QualityMetric, string | null>> {
  readonly i: number;
  readonly hours: number;
}

/** SQL that gathers encoded sketches as text. */
const gathered = (metrics: readonly string[]): string =>
  metrics.map((metric) => `string_agg(encode(${metric}, 'hex'), ',') as ${metric}`).join(', ');

const NONE: MergedSketch = { bytes: null, p95: null, count: 0 };

/** One sketch of what `gathered` gave. */
function mergedOf(pieces: string | null): MergedSketch {
  if (pieces === null) return NONE;
  const sketch = new Sketch();
  for (const hex of pieces.split(',')) sketch.addEncoded(Buffer.from(hex, 'hex'));
  return { bytes: sketch.encode(), p95: sketch.quantile(0.95), count: sketch.count };
}

const mergedItem = (row: SketchPieces): SketchedItem => {
  const [latency, jitter, loss] = QUALITY_METRICS.map((metric) => mergedOf(row[metric]));
  return { i: row.i, hours: row.hours, latency: latency ?? NONE, jitter: jitter ?? NONE, loss: loss ?? NONE };
};

interface Item {
  readonly circuitId: number;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** Sketches of spans of hours, where hours have any. */
export async function mergedHourSketches(db: Queryable, orgId: number, items: readonly Item[]): Promise<SketchedItem[]> {
  const [first, last] = items.reduce(
    ([low, high], { from, to }) => [Math.min(low, from), Math.max(high, to)],
    [Infinity, -Infinity],
  );
  const rows = await db.query<SketchPieces>(
    `select u.i::int as i, s.* from unnest($2::int[], $3::float8[], $4::float8[]) with ordinality as u (circuit_id, lower, upper, i) cross join lateral (
       select count(*)::int as hours, ${gathered(QUALITY_METRICS)} from hour_sketch k
       where k.org_id = $1 and k.circuit_id = u.circuit_id and k.hour >= ${instant('u.lower')} and k.hour < ${instant('u.upper')}
         and k.hour >= ${instant('$5::float8')} and k.hour < ${instant('$6::float8')}) s
     where s.hours > 0`,
    [
      orgId,
      numberArray(items.map(({ circuitId }) => circuitId)),
      numberArray(items.map(({ from }) => from)),
      numberArray(items.map(({ to }) => to)),
      first,
      last,
    ],
  );
  return rows.map(mergedItem);
}
