import { compareWithBefore, DEFAULT_TREND_PERCENT, type Trend } from './day-over-day.js';
import { ruleOfTrendMetric, type TrendMetricId } from './metrics.js';

/** Figures of one subject in a window; what nobody knows is null or left out. */
export type TrendFigures = Readonly<Partial<Record<TrendMetricId, number | null>>>;

export interface MetricTrend extends Trend {
  readonly metric: TrendMetricId;
  /** Whether the change is for the better or the worse; null where there is none, or none that counts. */
  readonly word: 'better' | 'worse' | null;
  /** Change for the worse in percent: negative for the better, Infinity from zero, null without a baseline. */
  readonly worsenedPct: number | null;
}

/** Compares one metric of one subject. */
export const trendOf = (
  metric: TrendMetricId,
  before: number | null,
  now: number | null,
  minChangePct = DEFAULT_TREND_PERCENT,
): MetricTrend => {
  const rule = ruleOfTrendMetric(metric);
  const trend = compareWithBefore(before, now, rule, minChangePct);
  const { direction, changePct } = trend;
  const word = direction === 'worsening' ? 'worse' : direction === 'improving' ? 'better' : null;
  return { ...trend, metric, word, worsenedPct: worsenedPct(trend, changePct, rule.worse === 'higher') };
};

const worsenedPct = ({ yesterday, today }: Trend, changePct: number | null, isHigherWorse: boolean): number | null => {
  if (yesterday === null || today === null) return null;
  if (changePct === null) return today > yesterday === isHigherWorse ? Infinity : -Infinity;
  return isHigherWorse ? changePct : -changePct;
};

/** Trends of all metrics that either window knows, in the order of `metrics`. */
export const trendsOf = (
  metrics: readonly TrendMetricId[],
  before: TrendFigures,
  now: TrendFigures,
  minChangePct = DEFAULT_TREND_PERCENT,
): MetricTrend[] =>
  metrics
    .map((metric) => trendOf(metric, before[metric] ?? null, now[metric] ?? null, minChangePct))
    .filter(({ yesterday, today }) => yesterday !== null || today !== null);

const CLASS: Readonly<Record<Trend['direction'], number>> = { worsening: 0, improving: 2, stable: 1, no_baseline: 3, no_data: 4 };

/** Rank of a trend in a list: worsening first, by how much; improving, then what cannot be compared last. */
export const trendClass = ({ direction }: Pick<Trend, 'direction'>): number => CLASS[direction];

/** Worst first; equal ones stay equal, so that the caller decides by a key. */
export const byWorsening = (
  a: Pick<MetricTrend, 'direction' | 'worsenedPct'>,
  b: Pick<MetricTrend, 'direction' | 'worsenedPct'>,
): number => {
  const byClass = trendClass(a) - trendClass(b);
  if (byClass !== 0) return byClass;
  const [first, second] = [a.worsenedPct ?? -Infinity, b.worsenedPct ?? -Infinity];
  return first === second ? 0 : second > first ? 1 : -1;
};
