import type { HourFact } from '../circuit.js';
import type { EpochMs, Span } from '../sample.js';
import { isAtOrAbove, type Level } from '../thresholds/threshold.js';
import { HOUR_MS } from '../time/bucket.js';
import type { HourlyKpi } from './catalogue.js';
import type { Streak } from './streak.js';

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

export interface QualityKpis extends QualityWindow {
  /** Of the samples themselves, within 1 %; null where none of them is known one by one. */
  readonly p95: number | null;
  /** Share of the samples that the p95 knows; null without any sample. */
  readonly p95CoveragePct: number | null;
}

/** Utilization of the hours that have one, and the busiest interval of all. */
export interface UtilizationWindow {
  readonly hours: number;
  readonly avgPct: number | null;
  readonly maxPct: number | null;
  readonly p95Pct: number | null;
  readonly peakPct: number | null;
}

/** KPIs over a span of whole hours. */
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
  /** What is missing of the time that could be known. */
  readonly unknownMs: number;
  readonly availabilityPct: number | null;
  /** Known time in the time that could be known: all of the span for one circuit, for several the hours in which they were there. */
  readonly coveragePct: number | null;
  readonly flaps: number | null;
  readonly latency: QualityKpis;
  readonly jitter: QualityKpis;
  readonly loss: QualityKpis;
}

/** The value by which an hour is above or under a threshold: utilization, or the average of a quality metric. */
export const hourlyValue = (fact: Pick<FoldableHour, 'utilizationPct' | HourlyQuality>, kpi: HourlyKpi): number | null =>
  kpi === 'utilization' ? fact.utilizationPct : fact[kpi].avg;
type HourlyQuality = Exclude<HourlyKpi, 'utilization'>;

const isAscendingIn = (facts: readonly { readonly hour: EpochMs }[], { from, to }: Span): boolean => {
  let before = -Infinity;
  for (const { hour } of facts) {
    if (hour <= before || hour < from || hour >= to) return false;
    before = hour;
  }
  return true;
};

/** Facts of the span, one per hour (the last given wins), ascending. */
export const hoursIn = <F extends { readonly hour: EpochMs }>(facts: readonly F[], span: Span): readonly F[] => {
  if (isAscendingIn(facts, span)) return facts;
  const { from, to } = span;
  const byHour = new Map<EpochMs, F>();
  for (const fact of facts) if (from <= fact.hour && fact.hour < to) byHour.set(fact.hour, fact);
  return [...byHour.values()].sort((a, b) => a.hour - b.hour);
};

/** Streak of a KPI over the whole span at one threshold; missing and null hours break runs. Order of the facts does not matter. */
export const streakOver = (facts: readonly FoldableHour[], kpi: HourlyKpi, threshold: number, span: Span): Streak =>
  streakOfSorted(hoursIn(facts, span), kpi, threshold, span);

/** The merge of ascending hours in one pass; hours belong to the span in which they start, also where a zone's days do not begin on the hour. */
export const streakOfSorted = (hours: readonly FoldableHour[], kpi: HourlyKpi, threshold: number, span: Span): Streak => {
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
