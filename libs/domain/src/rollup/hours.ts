import type { QualityHour } from '../circuit.js';
import type { Span } from '../sample.js';
import type { HourlyKpi } from '../kpi/catalogue.js';
import { EMPTY_SUMMARY, type Summary } from '../kpi/summary.js';
import { type FoldableHour, hoursIn, streakOfSorted } from '../kpi/window-kpis.js';
import type { Thresholds } from '../thresholds/threshold.js';
import { perThreshold, type StretchState, type Sums } from './state.js';

export type ThresholdsByKpi = Readonly<Record<HourlyKpi, Thresholds>>;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** As `mergeSummaries` with `summaryOf(value, weight, max)`, in place. */
const addTo = (summary: Mutable<Summary>, value: number | null, weight: number, max: number | null): void => {
  if (max !== null && max > summary.max) summary.max = max;
  if (value === null) return;
  summary.count += 1;
  summary.weight += weight;
  summary.weightedSum += value * weight;
};

const qualitySum = (hours: readonly FoldableHour[], of: (fact: FoldableHour) => QualityHour): Summary => {
  const summary = { ...EMPTY_SUMMARY };
  for (const fact of hours) {
    const { avg, count, max } = of(fact);
    addTo(summary, avg, count, max);
  }
  return summary;
};

const total = (hours: readonly FoldableHour[], of: (fact: FoldableHour) => number | null): number | null => {
  let sum: number | null = null;
  for (const fact of hours) {
    const value = of(fact);
    if (value !== null) sum = (sum ?? 0) + value;
  }
  return sum;
};

/** What ascending hours of one circuit add up to: the same as merging them one by one. */
export const sumsOfSorted = (hours: readonly FoldableHour[]): Sums => {
  const utilization = { ...EMPTY_SUMMARY };
  let [coveredMs, upMs, downMs] = [0, 0, 0];
  let peak: number | null = null;
  for (const fact of hours) {
    addTo(utilization, fact.utilizationPct, fact.coveredMs, fact.utilizationPct);
    if (fact.peakUtilizationPct !== null && (peak === null || fact.peakUtilizationPct > peak)) peak = fact.peakUtilizationPct;
    coveredMs += fact.coveredMs;
    upMs += fact.upMs;
    downMs += fact.downMs;
  }
  return {
    facts: hours.length,
    coveredMs,
    rxBytes: total(hours, (fact) => fact.rxBytes),
    txBytes: total(hours, (fact) => fact.txBytes),
    utilization,
    peakUtilizationPct: peak,
    upMs,
    downMs,
    flaps: total(hours, (fact) => fact.flaps),
    latency: qualitySum(hours, (fact) => fact.latency),
    jitter: qualitySum(hours, (fact) => fact.jitter),
    loss: qualitySum(hours, (fact) => fact.loss),
  };
};

const stretchOfSorted = (hours: readonly FoldableHour[], span: Span, thresholds: ThresholdsByKpi): StretchState => ({
  ...sumsOfSorted(hours),
  above: perThreshold((kpi, level) => streakOfSorted(hours, kpi, thresholds[kpi][level], span)),
});

/**
 * Folds hour facts of one circuit, in any order, repeated or not (the last given counts), into the state of a span. Hours belong to the span in
 * which they start. This is the fold that every other way to the same numbers has to agree with.
 */
export const stretchOfHours = (facts: readonly FoldableHour[], span: Span, thresholds: ThresholdsByKpi): StretchState =>
  stretchOfSorted(hoursIn(facts, span), span, thresholds);
