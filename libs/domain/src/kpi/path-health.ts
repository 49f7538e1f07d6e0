import type { QualityHour } from '../circuit.js';
import type { EpochMs, PortState, Span } from '../sample.js';
import { availabilityPct, coveragePct } from './availability.js';
import { EMPTY_SUMMARY, maxOf, meanOf, mergeSummaries, type Summary, summaryOf } from './summary.js';
import type { QualityWindow } from './window-kpis.js';
import type { PathHour } from './path-hours.js';

/** An hour of a path without whose it is. */
export type PathFigures = Omit<PathHour, 'peer' | 'last'>;

/** Mean opinion scores, mergeable; `min` is Infinity while none is known. */
export interface MosSums {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
}

/** Everything of a path's hours that adds up. */
export interface PathSums {
  readonly hours: number;
  readonly upMs: number;
  readonly downMs: number;
  readonly flaps: number;
  readonly latency: Summary;
  readonly jitter: Summary;
  readonly loss: Summary;
  readonly mos: MosSums;
  /** The latest one told, and the hour that told it. */
  readonly mtu: { readonly hour: EpochMs; readonly bytes: number } | null;
}

/** What a path did over a period. */
export interface PathKpis {
  readonly hours: number;
  readonly upMs: number;
  readonly downMs: number;
  /** Up time in known time, percent; `null` without any known time. */
  readonly healthPct: number | null;
  readonly coveragePct: number | null;
  readonly flaps: number | null;
  readonly latency: QualityWindow;
  readonly jitter: QualityWindow;
  readonly loss: QualityWindow;
  readonly mosAvg: number | null;
  readonly mosMin: number | null;
  readonly mtu: number | null;
}

/** Identity of `mergePathSums`. */
export const NO_PATH_SUMS: PathSums = {
  hours: 0,
  upMs: 0,
  downMs: 0,
  flaps: 0,
  latency: EMPTY_SUMMARY,
  jitter: EMPTY_SUMMARY,
  loss: EMPTY_SUMMARY,
  mos: { count: 0, sum: 0, min: Infinity },
  mtu: null,
};

const summaryOfHour = ({ avg, count, max }: Omit<QualityHour, 'p95'>): Summary => summaryOf(avg, count, max);

/** What one hour adds. */
export const pathSumsOf = (hour: PathFigures): PathSums => ({
  hours: 1,
  upMs: hour.upMs,
  downMs: hour.downMs,
  flaps: hour.flaps,
  latency: summaryOfHour(hour.latency),
  jitter: summaryOfHour(hour.jitter),
  loss: summaryOfHour(hour.loss),
  mos: { count: hour.mos.count, sum: (hour.mos.avg ?? 0) * hour.mos.count, min: hour.mos.min ?? Infinity },
  mtu: hour.mtu === null ? null : { hour: hour.hour, bytes: hour.mtu },
});

/** Associative and commutative over distinct hours. */
export const mergePathSums = (a: PathSums, b: PathSums): PathSums => ({
  hours: a.hours + b.hours,
  upMs: a.upMs + b.upMs,
  downMs: a.downMs + b.downMs,
  flaps: a.flaps + b.flaps,
  latency: mergeSummaries(a.latency, b.latency),
  jitter: mergeSummaries(a.jitter, b.jitter),
  loss: mergeSummaries(a.loss, b.loss),
  mos: { count: a.mos.count + b.mos.count, sum: a.mos.sum + b.mos.sum, min: Math.min(a.mos.min, b.mos.min) },
  mtu: a.mtu === null || (b.mtu !== null && b.mtu.hour > a.mtu.hour) ? b.mtu : a.mtu,
});

const windowOf = (summary: Summary): QualityWindow => ({ count: summary.weight, avg: meanOf(summary), max: maxOf(summary) });

/** KPIs of a path over a span of whole hours. */
export const pathKpis = (sums: PathSums, span: Span): PathKpis => ({
  hours: sums.hours,
  upMs: sums.upMs,
  downMs: sums.downMs,
  healthPct: availabilityPct(sums.upMs, sums.downMs),
  coveragePct: coveragePct(sums.upMs + sums.downMs, span.to - span.from),
  flaps: sums.hours === 0 ? null : sums.flaps,
  latency: windowOf(sums.latency),
  jitter: windowOf(sums.jitter),
  loss: windowOf(sums.loss),
  mosAvg: sums.mos.count === 0 ? null : sums.mos.sum / sums.mos.count,
  mosMin: sums.mos.count === 0 ? null : sums.mos.min,
  mtu: sums.mtu?.bytes ?? null,
});

/** Paths up among those of one poll that told their state. */
export interface PathsNow {
  readonly up: number;
  readonly total: number;
  /** `null` when no path told its state. */
  readonly healthPct: number | null;
}

/** Health of a circuit's paths at one poll: up / total. */
export const pathsNow = (states: readonly (PortState | 'unknown')[]): PathsNow => {
  const up = states.filter((state) => state === 'up').length;
  const total = states.filter((state) => state !== 'unknown').length;
  return { up, total, healthPct: total === 0 ? null : (up / total) * 100 };
};
