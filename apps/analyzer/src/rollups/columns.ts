import { QUALITY_METRICS } from '@app/domain';

export { bytesArray, numberArray } from '../facts/sql-arrays.js';

/** A column that adds up, or keeps the highest. */
interface SumColumn {
  readonly name: string;
  readonly fold: 'sum' | 'max';
  /** The same of the hours of `circuit_hour`, as SQL of the column's type. */
  readonly ofHours: string;
}

/** An average of no samples says nothing; a highest value without an average is known all the same. */
const quality = (metric: string): SumColumn[] => [
  {
    name: `${metric}_count`,
    fold: 'sum',
    ofHours: `coalesce(sum(${metric}_count) filter (where ${metric}_avg is not null), 0)`,
  },
  { name: `${metric}_sum`, fold: 'sum', ofHours: `coalesce(sum(${metric}_avg * ${metric}_count), 0)` },
  { name: `${metric}_max`, fold: 'max', ofHours: `max(${metric}_max)` },
];

/** What adds up, in every rollup; `SUM` has the places of these in memory. */
const SUM_COLUMNS: readonly SumColumn[] = [
  { name: 'facts', fold: 'sum', ofHours: 'count(*)::int' },
  { name: 'covered_ms', fold: 'sum', ofHours: 'sum(covered_ms)' },
  { name: 'rx_bytes', fold: 'sum', ofHours: 'sum(rx_bytes)' },
  { name: 'tx_bytes', fold: 'sum', ofHours: 'sum(tx_bytes)' },
  { name: 'util_hours', fold: 'sum', ofHours: 'count(utilization_pct)::int' },
  {
    name: 'util_weight_ms',
    fold: 'sum',
    ofHours: 'coalesce(sum(covered_ms) filter (where utilization_pct is not null), 0)',
  },
  { name: 'util_sum', fold: 'sum', ofHours: 'coalesce(sum(utilization_pct * covered_ms), 0)' },
  { name: 'util_max', fold: 'max', ofHours: 'max(utilization_pct)' },
  { name: 'util_peak', fold: 'max', ofHours: 'max(peak_utilization_pct)' },
  { name: 'up_ms', fold: 'sum', ofHours: 'sum(up_ms)' },
  { name: 'down_ms', fold: 'sum', ofHours: 'sum(down_ms)' },
  { name: 'flaps', fold: 'sum', ofHours: 'sum(flaps)::int' },
  ...QUALITY_METRICS.flatMap(quality),
];

export const SUM_NAMES = SUM_COLUMNS.map(({ name }) => name);
/** Aggregates over hours, in the order of the columns. */
export const SUMS_OF_HOURS = SUM_COLUMNS.map(({ ofHours }) => ofHours);
/** Aggregates over rollups, named as the columns. */
export const SUMS_OF_ROLLUPS = SUM_COLUMNS.map(({ name, fold }) => `${fold}(${name}) as ${name}`).join(', ');

/** Percentiles and what they know, beside the sums. */
export const PERCENTILE_NAMES = ['util_p95', ...QUALITY_METRICS.flatMap((metric) => [`${metric}_p95`, `${metric}_sketched`])];

/** `on conflict` part that takes every given column. */
export const replacing = (columns: readonly string[]): string =>
  `do update set ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}`;
