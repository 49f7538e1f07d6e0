import { QUALITY_METRICS } from '@app/domain';

export { bytesArray, numberArray } from '../facts/sql-arrays.js';

/** A column that adds up, or keeps the highest. */
interface SumColumn {
  readonly name: string;
  readonly fold: 'sum' | 'max';
}

const quality = (metric: string): SumColumn[] => [
  { name: `${metric}_count`, fold: 'sum' },
  { name: `${metric}_sum`, fold: 'sum' },
  { name: `${metric}_max`, fold: 'max' },
];

/** What adds up, in every rollup; `SUM` has the places of these in memory. */
const SUM_COLUMNS: readonly SumColumn[] = [
  { name: 'facts', fold: 'sum' },
  { name: 'covered_ms', fold: 'sum' },
  { name: 'rx_bytes', fold: 'sum' },
  { name: 'tx_bytes', fold: 'sum' },
  { name: 'util_hours', fold: 'sum' },
  { name: 'util_weight_ms', fold: 'sum' },
  { name: 'util_sum', fold: 'sum' },
  { name: 'util_max', fold: 'max' },
  { name: 'util_peak', fold: 'max' },
  { name: 'up_ms', fold: 'sum' },
  { name: 'down_ms', fold: 'sum' },
  { name: 'flaps', fold: 'sum' },
  ...QUALITY_METRICS.flatMap(quality),
];

export const SUM_NAMES = SUM_COLUMNS.map(({ name }) => name);
/** Aggregates over rollups, named as the columns. */
export const SUMS_OF_ROLLUPS = SUM_COLUMNS.map(({ name, fold }) => `${fold}(${name}) as ${name}`).join(', ');

/** Percentiles and what they know, beside the sums. */
export const PERCENTILE_NAMES = ['util_p95', ...QUALITY_METRICS.flatMap((metric) => [`${metric}_p95`, `${metric}_sketched`])];

/** `on conflict` part that takes every given column. */
export const replacing = (columns: readonly string[]): string =>
  `do update set ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}`;
