import type { QualityHour } from '@app/domain';

const METRICS = ['latency', 'jitter', 'loss'] as const;
export type QualityName = (typeof METRICS)[number];
type Columns<Of extends string, Value> = { readonly [K in `${QualityName}_${Of}`]: Value };

/** Quality as tables of hours keep it. */
export type QualityColumns = Columns<'count', number> & Columns<'avg' | 'max' | 'p95', number | null>;

/** SQL for every quality metric, with commas between them. */
export const ofEachQuality = (sql: (name: QualityName) => string): string => METRICS.map(sql).join(', ');

export const QUALITY_COLUMNS = ofEachQuality((name) => `${name}_count, ${name}_avg, ${name}_max, ${name}_p95`);

const qualityOf = (row: QualityColumns, name: QualityName): QualityHour => ({
  count: row[`${name}_count`],
  avg: row[`${name}_avg`],
  max: row[`${name}_max`],
  p95: row[`${name}_p95`],
});

/** The quality of a row, metric by metric. */
export const qualitiesOf = (row: QualityColumns): Readonly<Record<QualityName, QualityHour>> => ({
  latency: qualityOf(row, 'latency'),
  jitter: qualityOf(row, 'jitter'),
  loss: qualityOf(row, 'loss'),
});
