import { isKpiId, kpiOf } from '../kpi/catalogue.js';
import type { Worse } from '../kpi/kpi.js';
import { isSleMetric } from '../sle/metrics.js';
import { roundForComparison } from '../thresholds/threshold.js';

export type TrendDirection = 'worsening' | 'improving' | 'stable' | 'no_baseline' | 'no_data';
export type Arrow = '↑' | '↓' | '→';

/** How a metric is compared with itself a day or a week before. */
export interface TrendRule {
  readonly worse: Worse;
  readonly smallestStep: number;
  /** A change for the worse of this size always counts, however small in percent. */
  readonly alwaysWorseBy: number | null;
}

export interface Trend {
  readonly yesterday: number | null;
  readonly today: number | null;
  /** Relative change, percent; null without a baseline, or against 0. */
  readonly changePct: number | null;
  readonly direction: TrendDirection;
  /** Direction of the value; the word says whether that is good. */
  readonly arrow: Arrow;
  readonly isDegrading: boolean;
}

/** Relative change from which a difference counts, percent. */
export const DEFAULT_TREND_PERCENT = 5;
/** Points of availability lost that always count. */
const AVAILABILITY_LOSS_POINTS = 0.1;

/** The rule of a KPI or SLE metric; anything else (`critical_insights` and the like) is a count. */
export const trendRuleOf = (metric: string): TrendRule => {
  if (isSleMetric(metric)) return { worse: 'lower', smallestStep: 0, alwaysWorseBy: null };
  if (!isKpiId(metric)) return { worse: 'higher', smallestStep: 1, alwaysWorseBy: null };
  const { worse, smallestStep } = kpiOf(metric);
  return { worse, smallestStep, alwaysWorseBy: metric === 'availability' ? AVAILABILITY_LOSS_POINTS : null };
};

/** Compares a figure with the same window a day (or a week) before. */
export const compareWithBefore = (
  yesterday: number | null,
  today: number | null,
  rule: TrendRule,
  minChangePct = DEFAULT_TREND_PERCENT,
): Trend => {
  const none = { yesterday, today, changePct: null, arrow: '→', isDegrading: false } as const;
  if (yesterday === null) return { ...none, direction: 'no_baseline' };
  if (today === null) return { ...none, direction: 'no_data' };
  const change = roundForComparison(today - yesterday);
  const changePct = yesterday === 0 ? (change === 0 ? 0 : null) : (change / Math.abs(yesterday)) * 100;
  const worseBy = rule.worse === 'higher' ? change : -change;
  const counts =
    change !== 0 &&
    Math.abs(change) >= rule.smallestStep &&
    (changePct === null || roundForComparison(Math.abs(changePct)) >= minChangePct);
  const alwaysCounts = rule.alwaysWorseBy !== null && worseBy >= rule.alwaysWorseBy;
  const direction = !counts && !alwaysCounts ? 'stable' : worseBy > 0 ? 'worsening' : 'improving';
  return {
    yesterday,
    today,
    changePct,
    direction,
    arrow: change > 0 ? '↑' : change < 0 ? '↓' : '→',
    isDegrading: direction === 'worsening',
  };
};
