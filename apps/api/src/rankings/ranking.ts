import { isKpiId, type KpiId } from '@app/domain';
import type { PeriodColumn } from './period-source.js';

/** What members are ranked by. */
export const RANKED_BY = ['utilization', 'availability', 'flaps', 'loss', 'jitter', 'latency', 'failovers'] as const;
export type RankedBy = (typeof RANKED_BY)[number];

export const STATS = ['p95', 'avg', 'max'] as const;
export type Stat = (typeof STATS)[number];

export const QUALITY = ['loss', 'jitter', 'latency'] as const;
export type QualityMetric = (typeof QUALITY)[number];
export const isQuality = (by: RankedBy): by is QualityMetric => (QUALITY as readonly string[]).includes(by);

/** The figure of each KPI when the caller names none: the highest hour, and of samples the p95. */
export const defaultStat = (by: RankedBy): Stat | null => (by === 'utilization' ? 'max' : isQuality(by) ? 'p95' : null);

/** The KPI whose thresholds judge a ranking; failovers have none. */
export const judgedBy = (by: RankedBy): KpiId | null => (isKpiId(by) ? by : null);

/** How rows of a period make the figure, for everything but percentiles. */
export interface Figure {
  readonly columns: readonly PeriodColumn[];
  readonly sql: string;
  readonly worse: 'higher' | 'lower';
}

export function figureOf(by: Exclude<RankedBy, 'failovers'>, stat: Stat | null): Figure {
  if (by === 'availability')
    return {
      columns: ['up_ms', 'down_ms'],
      sql: 'sum(up_ms)::float8 / nullif(sum(up_ms) + sum(down_ms), 0)::float8 * 100',
      worse: 'lower',
    };
  if (by === 'flaps') return { columns: ['flaps'], sql: 'sum(flaps)::float8', worse: 'higher' };
  if (by === 'utilization') {
    if (stat === 'avg')
      return {
        columns: ['util_sum', 'util_weight_ms'],
        sql: 'sum(util_sum) / nullif(sum(util_weight_ms), 0)::float8',
        worse: 'higher',
      };
    return { columns: ['util_max'], sql: 'max(util_max)', worse: 'higher' };
  }
  if (stat === 'max') return { columns: [`${by}_max`], sql: `max(${by}_max)`, worse: 'higher' };
  return { columns: [`${by}_sum`, `${by}_count`], sql: `sum(${by}_sum) / nullif(sum(${by}_count), 0)::float8`, worse: 'higher' };
}
