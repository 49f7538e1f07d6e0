import {
  HOUR_MS,
  HOURLY_KPIS,
  hourStatus,
  LEVELS,
  streakOver,
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

function trafficJson(kpis: WindowKpis) {
  return { covered_s: kpis.coveredMs / 1000, rx_bytes: kpis.rxBytes, tx_bytes: kpis.txBytes };
}

function utilizationJson({ utilization }: WindowKpis, facts: readonly HourFact[]) {
  // The bandwidth that held last in the bucket: what its newest figure was computed with.
  const bandwidth = facts.at(-1)?.bandwidth ?? null;
  return {
    utilization_pct: { avg: utilization.avgPct, max: utilization.maxPct, p95: utilization.p95Pct, peak: utilization.peakPct, hours: utilization.hours },
    bandwidth: { down_mbps: bandwidth?.downMbps ?? null, up_mbps: bandwidth?.upMbps ?? null, source: bandwidth?.source ?? null },
  };
}

function statusJson(kpis: WindowKpis, facts: readonly HourFact[]) {
  const unknownMs = kpis.span.to - kpis.span.from - kpis.upMs - kpis.downMs;
  return {
    up_minutes: minutes(kpis.upMs),
    down_minutes: minutes(kpis.downMs),
    unknown_minutes: minutes(unknownMs),
    known_minutes: minutes(kpis.upMs + kpis.downMs),
    availability_pct: kpis.availabilityPct,
    coverage_pct: kpis.coveragePct,
    flaps: kpis.flaps,
    status_hourly: hourStatus(kpis.upMs, kpis.downMs),
    counter_reset: facts.some(({ counterReset }) => counterReset),
  };
}

/** p95 above the hour needs the samples: it is exact where one hour alone has any, else `null`. */
function qualityJson(kpis: WindowKpis, facts: readonly HourFact[], metric: 'latency' | 'jitter' | 'loss') {
  const measured = facts.filter((fact) => fact[metric].count > 0);
  const p95 = measured.length === 1 ? (measured[0]?.[metric].p95 ?? null) : null;
  const { count, avg, max } = kpis[metric];
  return { avg, max, p95, count };
}

/** Hours at or above each threshold, in the order in which the answer lists the thresholds. */
function aboveJson(kpis: WindowKpis, facts: readonly HourFact[], extra: ExtraThresholds) {
  const ofKpi = (kpi: HourlyKpi) => {
    const levels = LEVELS.map((level) => kpis.above[kpi][level]);
    const others = extra[kpi].map((threshold) => streakOver(facts, kpi, threshold, kpis.span));
    return {
      cumulative_hours: [...levels.map((hours) => hours.cumulativeHours), ...others.map(({ total }) => total)],
      continuous_hours: [...levels.map((hours) => hours.continuousHours), ...others.map(({ longest }) => longest)],
    };
  };
  return { utilization: ofKpi('utilization'), loss: ofKpi('loss'), jitter: ofKpi('jitter'), latency: ofKpi('latency') };
}

/** The thresholds that `above` counts by: warning, major, critical, then those the caller added. */
export const thresholdsJson = ({ thresholds, extra }: PointOptions) =>
  Object.fromEntries(HOURLY_KPIS.map((kpi) => [kpi, [...LEVELS.map((level) => thresholds[kpi][level]), ...extra[kpi]]]));

/** One point of a series: the KPIs of a span from its facts, in the API's words. A span without facts has nulls and coverage 0. */
export function pointJson(facts: readonly HourFact[], span: Span, { thresholds, extra, metrics }: PointOptions) {
  const kpis = windowKpis(facts, span, thresholds);
  const has = (metric: PointGroup): boolean => metrics.has(metric);
  return {
    start: timeOf(span.from),
    end: timeOf(span.to),
    hours: (span.to - span.from) / HOUR_MS,
    facts: kpis.facts,
    ...(has('traffic') ? trafficJson(kpis) : {}),
    ...(has('utilization') ? utilizationJson(kpis, facts) : {}),
    ...(has('status') ? statusJson(kpis, facts) : {}),
    ...(has('latency') ? { latency_ms: qualityJson(kpis, facts, 'latency') } : {}),
    ...(has('jitter') ? { jitter_ms: qualityJson(kpis, facts, 'jitter') } : {}),
    ...(has('loss') ? { loss_pct: qualityJson(kpis, facts, 'loss') } : {}),
    ...(has('above') ? { above: aboveJson(kpis, facts, extra) } : {}),
  };
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
