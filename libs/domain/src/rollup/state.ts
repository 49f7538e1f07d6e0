import type { Span } from '../sample.js';
import type { HourlyKpi } from '../kpi/catalogue.js';
import { mergeStreaks, NO_STREAK, streakGap, type Streak } from '../kpi/streak.js';
import { EMPTY_SUMMARY, mergeSummaries, type Summary } from '../kpi/summary.js';
import type { Level } from '../thresholds/threshold.js';

/** Streaks of every hourly KPI at each of its three thresholds. */
export type Above = Readonly<Record<HourlyKpi, Readonly<Record<Level, Streak>>>>;

/** Everything of an hour, day, month ... that adds up, whatever it is of: a circuit, a region, an organization. */
export interface Sums {
  /** Circuit-hours that have a fact. */
  readonly facts: number;
  readonly coveredMs: number;
  /** null: no hour of it knows any. */
  readonly rxBytes: number | null;
  readonly txBytes: number | null;
  /** Percent, weighted by covered milliseconds; `count` = hours that have one, `max` = highest hourly value. */
  readonly utilization: Summary;
  /** Busiest interval inside any hour, percent. */
  readonly peakUtilizationPct: number | null;
  readonly upMs: number;
  readonly downMs: number;
  readonly flaps: number | null;
  /** Weighted by samples. */
  readonly latency: Summary;
  readonly jitter: Summary;
  readonly loss: Summary;
}

/** A stretch of hours of one circuit: merges with its neighbour in time, in that order. */
export interface StretchState extends Sums {
  readonly above: Above;
}

/** Many circuits at once: merges with anything that shares no circuit-hour with it, in any order. */
export interface PoolState extends Sums {
  /** Circuit-hours at or above, and the longest run of any one circuit inside the period. */
  readonly above: Readonly<Record<HourlyKpi, Readonly<Record<Level, PooledHours>>>>;
}
export interface PooledHours {
  readonly total: number;
  readonly longest: number;
}

export const NO_SUMS: Sums = {
  facts: 0,
  coveredMs: 0,
  rxBytes: null,
  txBytes: null,
  utilization: EMPTY_SUMMARY,
  peakUtilizationPct: null,
  upMs: 0,
  downMs: 0,
  flaps: null,
  latency: EMPTY_SUMMARY,
  jitter: EMPTY_SUMMARY,
  loss: EMPTY_SUMMARY,
};

const perLevel = <T>(of: (level: Level) => T): Record<Level, T> => ({
  warning: of('warning'),
  major: of('major'),
  critical: of('critical'),
});

/** A table with one entry per hourly KPI and level. Written out: it is made for every hour that is merged. */
export const perThreshold = <T>(of: (kpi: HourlyKpi, level: Level) => T): Record<HourlyKpi, Record<Level, T>> => ({
  utilization: perLevel((level) => of('utilization', level)),
  loss: perLevel((level) => of('loss', level)),
  jitter: perLevel((level) => of('jitter', level)),
  latency: perLevel((level) => of('latency', level)),
});

/** Identity of `mergeStretches`, and of `mergePools`. */
export const NO_STRETCH: StretchState = { ...NO_SUMS, above: perThreshold(() => NO_STREAK) };
export const NO_POOL: PoolState = { ...NO_SUMS, above: perThreshold(() => ({ total: 0, longest: 0 })) };

/** Hours of which nothing is known, to be put between stretches that do not touch. */
export const gapOf = (hours: number): StretchState => ({ ...NO_SUMS, above: perThreshold(() => streakGap(hours)) });

const added = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : a + b);
const higher = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.max(a, b));

/** Associative and commutative; `NO_SUMS` is its identity. */
export const mergeSums = (a: Sums, b: Sums): Sums => ({
  facts: a.facts + b.facts,
  coveredMs: a.coveredMs + b.coveredMs,
  rxBytes: added(a.rxBytes, b.rxBytes),
  txBytes: added(a.txBytes, b.txBytes),
  utilization: mergeSummaries(a.utilization, b.utilization),
  peakUtilizationPct: higher(a.peakUtilizationPct, b.peakUtilizationPct),
  upMs: a.upMs + b.upMs,
  downMs: a.downMs + b.downMs,
  flaps: added(a.flaps, b.flaps),
  latency: mergeSummaries(a.latency, b.latency),
  jitter: mergeSummaries(a.jitter, b.jitter),
  loss: mergeSummaries(a.loss, b.loss),
});

/** A stretch followed at once by another of the same circuit. Associative; runs bridge the border. */
export const mergeStretches = (a: StretchState, b: StretchState): StretchState => ({
  ...mergeSums(a, b),
  above: perThreshold((kpi, level) => mergeStreaks(a.above[kpi][level], b.above[kpi][level])),
});

/** What a stretch contributes to a pool. */
export const poolOf = (stretch: StretchState): PoolState => ({
  ...stretch,
  above: perThreshold((kpi, level) => {
    const { total, longest } = stretch.above[kpi][level];
    return { total, longest };
  }),
});

/** Circuits side by side. Associative and commutative. */
export const mergePools = (a: PoolState, b: PoolState): PoolState => ({
  ...mergeSums(a, b),
  above: perThreshold((kpi, level) => ({
    total: a.above[kpi][level].total + b.above[kpi][level].total,
    longest: Math.max(a.above[kpi][level].longest, b.above[kpi][level].longest),
  })),
});

/** A state with the time it is about. */
export interface Period<S extends Sums> extends Span {
  readonly state: S;
}
