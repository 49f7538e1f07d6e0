import { type KpiId, kpiOf } from '../kpi/catalogue.js';
import { isSleMetric, type SleMetric, sleMetricOf } from '../sle/metrics.js';
import { type TrendRule, trendRuleOf } from './day-over-day.js';

/** One figure of a circuit, site, region or org that is compared with itself a day or a week before. */
export interface WanTrendMetric {
  readonly id: string;
  readonly title: string;
  /** The KPI whose direction and smallest step hold for it. */
  readonly kpi: KpiId;
}

/** Over the hours of the window: averages weighted (covered seconds, samples), the highest hourly value, the exact p95 of the hourly values. */
export const WAN_TREND_METRICS = [
  { id: 'utilization', title: 'Utilization', kpi: 'utilization' },
  { id: 'utilization_max', title: 'Utilization, highest hour', kpi: 'utilization' },
  { id: 'utilization_p95', title: 'Utilization, p95', kpi: 'utilization' },
  { id: 'loss', title: 'Packet loss', kpi: 'loss' },
  { id: 'jitter', title: 'Jitter', kpi: 'jitter' },
  { id: 'latency', title: 'Latency', kpi: 'latency' },
  { id: 'availability', title: 'Availability', kpi: 'availability' },
  { id: 'flaps', title: 'Flaps', kpi: 'flaps' },
] as const satisfies readonly WanTrendMetric[];

export type WanTrendMetricId = (typeof WAN_TREND_METRICS)[number]['id'];
export type TrendMetricId = WanTrendMetricId | SleMetric;

const WAN_BY_ID = new Map<string, WanTrendMetric>(WAN_TREND_METRICS.map((metric) => [metric.id, metric]));

export const isWanTrendMetric = (id: string): id is WanTrendMetricId => WAN_BY_ID.has(id);

const wanMetricOf = (id: string): WanTrendMetric => {
  const metric = WAN_BY_ID.get(id);
  if (metric === undefined) throw new RangeError(`There is no trend of "${id}"; known are ${[...WAN_BY_ID.keys()].join(', ')}.`);
  return metric;
};

/** How a trend metric is compared. */
export const ruleOfTrendMetric = (id: TrendMetricId): TrendRule => trendRuleOf(isSleMetric(id) ? id : wanMetricOf(id).kpi);

/** Title and unit; scores of service levels are shares 0..1 without a unit. */
export const describeTrendMetric = (id: TrendMetricId): { readonly title: string; readonly unit: string } => {
  if (isSleMetric(id)) return { title: sleMetricOf(id).title, unit: '' };
  const { title, kpi } = wanMetricOf(id);
  return { title, unit: kpiOf(kpi).unit };
};
