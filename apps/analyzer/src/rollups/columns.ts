import { QUALITY_METRICS } from '@app/domain';

/** A column that adds up: how hours make it, and how its own values make the next grain's. */
interface SumColumn {
  readonly name: string;
  readonly ofHours: string;
  readonly fold: 'sum' | 'max';
}

const quality = (metric: string): SumColumn[] => [
  // An average whose number of samples is none says nothing; a highest value without an average is known all the same.
  {
    name: `${metric}_count`,
    ofHours: `coalesce(sum(${metric}_count) filter (where ${metric}_avg is not null), 0)`,
    fold: 'sum',
  },
  { name: `${metric}_sum`, ofHours: `coalesce(sum(${metric}_avg * ${metric}_count), 0)`, fold: 'sum' },
  { name: `${metric}_max`, ofHours: `max(${metric}_max)`, fold: 'max' },
];

/** What adds up, in every rollup. */
export const SUM_COLUMNS: readonly SumColumn[] = [
  { name: 'facts', ofHours: 'count(*)', fold: 'sum' },
  { name: 'covered_ms', ofHours: 'coalesce(sum(covered_ms), 0)', fold: 'sum' },
  { name: 'rx_bytes', ofHours: 'sum(rx_bytes)', fold: 'sum' },
  { name: 'tx_bytes', ofHours: 'sum(tx_bytes)', fold: 'sum' },
  { name: 'util_hours', ofHours: 'count(utilization_pct)', fold: 'sum' },
  {
    name: 'util_weight_ms',
    ofHours: 'coalesce(sum(covered_ms) filter (where utilization_pct is not null), 0)',
    fold: 'sum',
  },
  { name: 'util_sum', ofHours: 'coalesce(sum(utilization_pct * covered_ms), 0)', fold: 'sum' },
  { name: 'util_max', ofHours: 'max(utilization_pct)', fold: 'max' },
  { name: 'util_peak', ofHours: 'max(peak_utilization_pct)', fold: 'max' },
  { name: 'up_ms', ofHours: 'coalesce(sum(up_ms), 0)', fold: 'sum' },
  { name: 'down_ms', ofHours: 'coalesce(sum(down_ms), 0)', fold: 'sum' },
  { name: 'flaps', ofHours: 'sum(flaps)', fold: 'sum' },
  ...QUALITY_METRICS.flatMap(quality),
];

export const SUM_NAMES = SUM_COLUMNS.map(({ name }) => name);
/** Aggregates over `circuit_hour`, named as the columns. */
export const SUMS_OF_HOURS = SUM_COLUMNS.map(({ name, ofHours }) => `${ofHours} as ${name}`).join(', ');
/** Aggregates over rollups, named as the columns. */
export const SUMS_OF_ROLLUPS = SUM_COLUMNS.map(({ name, fold }) => `${fold}(${name}) as ${name}`).join(', ');

/** Percentiles and what they know, beside the sums. */
export const PERCENTILE_NAMES = ['util_p95', ...QUALITY_METRICS.flatMap((metric) => [`${metric}_p95`, `${metric}_sketched`])];

/** `on conflict` part that takes every given column. */
export const replacing = (columns: readonly string[]): string =>
  `do update set ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}`;

/** An array of numbers as Postgres reads it: building the text is much cheaper than having every element escaped. */
export const numberArray = (values: readonly (number | null)[]): string =>
  `{${values.map((value) => (value === null ? 'null' : String(value))).join(',')}}`;

/** An array of encoded bytes. */
export const bytesArray = (values: readonly (Uint8Array | null)[]): string =>
  `{${values.map((value) => (value === null ? 'null' : `"\\\\x${Buffer.from(value).toString('hex')}"`)).join(',')}}`;
