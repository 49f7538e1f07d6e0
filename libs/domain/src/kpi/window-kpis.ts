import type { HourFact, QualityHour } from '../circuit.js';
import type { EpochMs, Span } from '../sample.js';
import { isAtOrAbove, type Level, LEVELS, type Thresholds } from '../thresholds/threshold.js';
import { HOUR_MS } from '../time/bucket.js';
import { availabilityPct, coveragePct } from './availability.js';
import { HOURLY_KPIS, type HourlyKpi } from './catalogue.js';
import { percentileCont } from './quality.js';
import type { Streak } from './streak.js';
import { EMPTY_SUMMARY, maxOf, meanOf, mergeSummaries, type Summary, summaryOf } from './summary.js';

/** What a fold over hours needs of an hour fact. */
export type FoldableHour = Pick<
  HourFact,
  | 'hour'
  | 'rxBytes'
  | 'txBytes'
  | 'coveredMs'
  | 'utilizationPct'
  | 'peakUtilizationPct'
  | 'upMs'
  | 'downMs'
  | 'flaps'
  | 'latency'
  | 'jitter'
  | 'loss'
>;

/** Hours at or above one threshold. */
export interface HoursAbove {
  readonly threshold: number;
  readonly cumulativeHours: number;
  readonly continuousHours: number;
}

/** Average weighted by samples, and highest value, of the non-null hours. */
export interface QualityWindow {
  readonly count: number;
  readonly avg: number | null;
  readonly max: number | null;
}

/** Utilization of the hours that have one, and the busiest interval of all. */
export interface UtilizationWindow {
  readonly hours: number;
  readonly avgPct: number | null;
  readonly maxPct: number | null;
  readonly p95Pct: number | null;
  readonly peakPct: number | null;
}

/** KPIs of one circuit over a span of whole hours. */
export interface WindowKpis {
  readonly span: Span;
  /** Number of hours that have a fact. */
  readonly facts: number;
  readonly coveredMs: number;
  readonly rxBytes: number | null;
  readonly txBytes: number | null;
  /** Average weighted by covered time; max and exact p95 of the hourly values. */
  readonly utilization: UtilizationWindow;
  readonly above: Readonly<Record<HourlyKpi, Readonly<Record<Level, HoursAbove>>>>;
  readonly upMs: number;
  readonly downMs: number;
  /** Of the hours that have a fact. */
  readonly unknownMs: number;
  readonly availabilityPct: number | null;
  /** Known time in all time of the span. */
  readonly coveragePct: number | null;
  readonly flaps: number | null;
  readonly latency: QualityWindow;
  readonly jitter: QualityWindow;
  readonly loss: QualityWindow;
}

/** The value by which an hour is above or under a threshold: utilization, or the average of a quality metric. */
export const hourlyValue = (fact: Pick<FoldableHour, 'utilizationPct' | HourlyQuality>, kpi: HourlyKpi): number | null =>
  kpi === 'utilization' ? fact.utilizationPct : fact[kpi].avg;
type HourlyQuality = Exclude<HourlyKpi, 'utilization'>;

/** Facts of the span, one per hour (the last given wins), ascending. */
const hoursIn = <F extends { readonly hour: EpochMs }>(facts: readonly F[], { from, to }: Span): F[] => {
  const byHour = new Map<EpochMs, F>();
  for (const fact of facts) if (from <= fact.hour && fact.hour < to) byHour.set(fact.hour, fact);
  return [...byHour.values()].sort((a, b) => a.hour - b.hour);
};

/** Streak of a KPI over the whole span at one threshold; missing and null hours break runs. Order of the facts does not matter. */
export const streakOver = (facts: readonly FoldableHour[], kpi: HourlyKpi, threshold: number, span: Span): Streak =>
  streakOfSorted(hoursIn(facts, span), kpi, threshold, span);

/** The merge of all hours in one pass; hours belong to the span in which they start, also where a zone's days do not begin on the hour. */
const streakOfSorted = (hours: readonly FoldableHour[], kpi: HourlyKpi, threshold: number, span: Span): Streak => {
  const [from, to] = [nextHour(span.from), nextHour(span.to)];
  let [prefix, run, longest, total, next] = [0, 0, 0, 0, from];
  for (const fact of hours) {
    const value = hourlyValue(fact, kpi);
    if (fact.hour !== next) run = 0;
    next = fact.hour + HOUR_MS;
    if (value === null || !isAtOrAbove(value, threshold)) {
      run = 0;
      continue;
    }
    run++;
    total++;
    if (run > longest) longest = run;
    if (next - from === total * HOUR_MS) prefix = total;
  }
  return { length: Math.max(0, (to - from) / HOUR_MS), prefix, suffix: next === to ? run : 0, longest, total };
};

const nextHour = (at: EpochMs): EpochMs => Math.ceil(at / HOUR_MS) * HOUR_MS;

const summarizeHours = (hours: readonly FoldableHour[], of: (fact: FoldableHour) => Summary): Summary =>
  hours.reduce((sum, fact) => mergeSummaries(sum, of(fact)), EMPTY_SUMMARY);

const total = (hours: readonly FoldableHour[], of: (fact: FoldableHour) => number | null): number | null =>
  hours.reduce<number | null>((sum, fact) => {
    const value = of(fact);
    return value === null ? sum : (sum ?? 0) + value;
  }, null);

const qualityWindow = (hours: readonly FoldableHour[], of: (fact: FoldableHour) => QualityHour): QualityWindow => {
  const summary = summarizeHours(hours, (fact) => summaryOf(of(fact).avg, of(fact).count, of(fact).max));
  return { count: summary.weight, avg: meanOf(summary), max: maxOf(summary) };
};

const aboveOf = (
  hours: readonly FoldableHour[],
  thresholds: Readonly<Record<HourlyKpi, Thresholds>>,
  span: Span,
): WindowKpis['above'] => {
  const ofLevel = (kpi: HourlyKpi, level: Level): HoursAbove => {
    const threshold = thresholds[kpi][level];
    const streak = streakOfSorted(hours, kpi, threshold, span);
    return { threshold, cumulativeHours: streak.total, continuousHours: streak.longest };
  };
  const ofKpi = (kpi: HourlyKpi) =>
    Object.fromEntries(LEVELS.map((level) => [level, ofLevel(kpi, level)])) as Record<Level, HoursAbove>;
  return Object.fromEntries(HOURLY_KPIS.map((kpi) => [kpi, ofKpi(kpi)])) as Record<HourlyKpi, Record<Level, HoursAbove>>;
};

/** Folds hour facts of one circuit, in any order, into the KPIs of a span of whole hours: a window, day, week, month or any other. */
export const windowKpis = (
  facts: readonly FoldableHour[],
  span: Span,
  thresholds: Readonly<Record<HourlyKpi, Thresholds>>,
): WindowKpis => {
  const hours = hoursIn(facts, span);
  const utilization = summarizeHours(hours, (fact) => summaryOf(fact.utilizationPct, fact.coveredMs));
  const values = hours.flatMap(({ utilizationPct }) => (utilizationPct === null ? [] : [utilizationPct]));
  const peak = summarizeHours(hours, (fact) => summaryOf(fact.peakUtilizationPct, 1));
  const [upMs, downMs] = [total(hours, (fact) => fact.upMs) ?? 0, total(hours, (fact) => fact.downMs) ?? 0];
  return {
    span,
    facts: hours.length,
    coveredMs: total(hours, (fact) => fact.coveredMs) ?? 0,
    rxBytes: total(hours, (fact) => fact.rxBytes),
    txBytes: total(hours, (fact) => fact.txBytes),
    utilization: {
      hours: values.length,
      avgPct: meanOf(utilization),
      maxPct: maxOf(utilization),
      p95Pct: percentileCont(values, 0.95),
      peakPct: maxOf(peak),
    },
    above: aboveOf(hours, thresholds, span),
    upMs,
    downMs,
    unknownMs: hours.length * HOUR_MS - upMs - downMs,
    availabilityPct: availabilityPct(upMs, downMs),
    coveragePct: coveragePct(upMs + downMs, span.to - span.from),
    flaps: total(hours, (fact) => fact.flaps),
    latency: qualityWindow(hours, (fact) => fact.latency),
    jitter: qualityWindow(hours, (fact) => fact.jitter),
    loss: qualityWindow(hours, (fact) => fact.loss),
  };
};
