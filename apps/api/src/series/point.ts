import {
  HOUR_MS,
  HOURLY_KPIS,
  hourStatus,
  LEVELS,
  streakOver,
  UNKNOWN_BANDWIDTH,
  windowKpis,
  type HourFact,
  type HourlyKpi,
  type Span,
  type Thresholds,
  type WindowKpis,
} from '@app/domain';
import { timeOf } from '../http/answers.js';

/** Groups of fields a caller may choose among. */
export const POINT_GROUPS = ['traffic', 'utilization', 'status', 'latency', 'jitter', 'loss', 'above'] as const;
export type PointGroup = (typeof POINT_GROUPS)[number];

export type ThresholdSet = Readonly<Record<HourlyKpi, Thresholds>>;

/** Thresholds a caller added to those of the configuration. */
export type ExtraThresholds = Readonly<Record<HourlyKpi, readonly number[]>>;

export interface PointOptions {
  readonly thresholds: ThresholdSet;
  readonly extra: ExtraThresholds;
  readonly metrics: ReadonlySet<PointGroup>;
}

const MINUTE_MS = 60_000;
const minutes = (ms: number): number => ms / MINUTE_MS;

interface Sheet {
  readonly kpis: WindowKpis;
  readonly facts: readonly HourFact[];
  readonly extra: ExtraThresholds;
}
type Point = Record<string, unknown>;

/** Fields are set, not spread together: a series has up to 750 points, and each copy would show. */
const WRITERS: Readonly<Record<PointGroup, (point: Point, sheet: Sheet) => void>> = {
  traffic: (point, { kpis }) => {
    point.covered_s = kpis.coveredMs / 1000;
    point.rx_bytes = kpis.rxBytes;
    point.tx_bytes = kpis.txBytes;
  },
  utilization: (point, { kpis: { utilization }, facts }) => {
    // The bandwidth that held last in the bucket: what its newest figure was computed with.
    const bandwidth = facts.at(-1)?.bandwidth ?? UNKNOWN_BANDWIDTH;
    point.utilization_pct = {
      avg: utilization.avgPct,
      max: utilization.maxPct,
      p95: utilization.p95Pct,
      peak: utilization.peakPct,
      hours: utilization.hours,
    };
    point.bandwidth = { down_mbps: bandwidth.downMbps, up_mbps: bandwidth.upMbps, source: bandwidth.source };
  },
  status: (point, { kpis, facts }) => {
    const knownMs = kpis.upMs + kpis.downMs;
    point.up_minutes = minutes(kpis.upMs);
    point.down_minutes = minutes(kpis.downMs);
    point.unknown_minutes = minutes(kpis.span.to - kpis.span.from - knownMs);
    point.known_minutes = minutes(knownMs);
    point.availability_pct = kpis.availabilityPct;
    point.coverage_pct = kpis.coveragePct;
    point.flaps = kpis.flaps;
    point.status_hourly = hourStatus(kpis.upMs, kpis.downMs);
    point.counter_reset = facts.some(({ counterReset }) => counterReset);
  },
  latency: (point, sheet) => {
    point.latency_ms = qualityJson(sheet, 'latency');
  },
  jitter: (point, sheet) => {
    point.jitter_ms = qualityJson(sheet, 'jitter');
  },
  loss: (point, sheet) => {
    point.loss_pct = qualityJson(sheet, 'loss');
  },
  above: (point, sheet) => {
    point.above = {
      utilization: hoursAbove(sheet, 'utilization'),
      loss: hoursAbove(sheet, 'loss'),
      jitter: hoursAbove(sheet, 'jitter'),
      latency: hoursAbove(sheet, 'latency'),
    };
  },
};

/** p95 above the hour needs the samples; it is exact where a single hour has them, else `null`. */
function qualityJson({ kpis, facts }: Sheet, metric: 'latency' | 'jitter' | 'loss') {
  let measured: HourFact | null = null;
  let hours = 0;
  for (const fact of facts) {
    if (fact[metric].count === 0) continue;
    measured = fact;
    hours += 1;
  }
  const { count, avg, max } = kpis[metric];
  return { avg, max, p95: hours === 1 ? (measured?.[metric].p95 ?? null) : null, count };
}

/** Hours at or above each threshold, in the order in which the answer lists the thresholds. */
function hoursAbove({ kpis, facts, extra }: Sheet, kpi: HourlyKpi) {
  const { warning, major, critical } = kpis.above[kpi];
  const cumulative = [warning.cumulativeHours, major.cumulativeHours, critical.cumulativeHours];
  const continuous = [warning.continuousHours, major.continuousHours, critical.continuousHours];
  for (const threshold of extra[kpi]) {
    const streak = streakOver(facts, kpi, threshold, kpis.span);
    cumulative.push(streak.total);
    continuous.push(streak.longest);
  }
  return { cumulative_hours: cumulative, continuous_hours: continuous };
}

/** The thresholds that `above` counts by: warning, major, critical, then those the caller added. */
export const thresholdsJson = ({ thresholds, extra }: PointOptions) =>
  Object.fromEntries(HOURLY_KPIS.map((kpi) => [kpi, [...LEVELS.map((level) => thresholds[kpi][level]), ...extra[kpi]]]));

/** One point of a series: the KPIs of a span from its facts, in the API's words. A span without facts has nulls and coverage 0. */
export function pointJson(facts: readonly HourFact[], span: Span, { thresholds, extra, metrics }: PointOptions): Point {
  const kpis = windowKpis(facts, span, thresholds);
  const point: Point = {
    start: timeOf(span.from),
    end: timeOf(span.to),
    hours: (span.to - span.from) / HOUR_MS,
    facts: kpis.facts,
  };
  const sheet: Sheet = { kpis, facts, extra };
  for (const metric of metrics) WRITERS[metric](point, sheet);
  return point;
}

/** Every field of a point, for the documentation. */
export const POINT_EXAMPLE = {
  start: '2026-03-01T10:00:00Z',
  end: '2026-03-01T11:00:00Z',
  hours: 1,
  facts: 1,
  covered_s: 3600,
  rx_bytes: 33750000000,
  tx_bytes: 4500000000,
  utilization_pct: { avg: 75, max: 75, p95: 75, peak: 92.5, hours: 1 },
  bandwidth: { down_mbps: 100, up_mbps: 100, source: 'configured' },
  up_minutes: 60,
  down_minutes: 0,
  unknown_minutes: 0,
  known_minutes: 60,
  availability_pct: 100,
  coverage_pct: 100,
  flaps: 0,
  status_hourly: 'up',
  counter_reset: false,
  latency_ms: { avg: 21.5, max: 40, p95: 38, count: 12 },
  jitter_ms: { avg: 2, max: 4, p95: 3.8, count: 12 },
  loss_pct: { avg: 0, max: 0, p95: 0, count: 12 },
  above: { utilization: { cumulative_hours: [1, 0, 0], continuous_hours: [1, 0, 0] } },
};
