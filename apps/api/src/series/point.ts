import { HOUR_MS, HOURLY_KPIS, hourStatus, LEVELS, UNKNOWN_BANDWIDTH, type HourlyKpi } from '@app/domain';
import { orNull, sometimes, timeOf } from '../http/answers.js';
import type { Bucket } from './buckets.js';
import type { Cell, ExtraThresholds, PointGroup, ThresholdSet } from './cell.js';
import { trafficJson } from './traffic.js';

const MINUTE_MS = 60_000;
const minutes = (ms: number): number => ms / MINUTE_MS;

type Point = Record<string, unknown>;

/** Fields are set, not spread together: a series has up to 750 points, and each copy would show. */
const WRITERS: Readonly<Record<PointGroup, (point: Point, cell: Cell) => void>> = {
  traffic: (point, { kpis, counters }) => {
    point.covered_s = kpis.coveredMs / 1000;
    point.rx_bytes = kpis.rxBytes;
    point.tx_bytes = kpis.txBytes;
    if (counters !== null) point.traffic_mbps = trafficJson(kpis, counters.peak);
  },
  utilization: (point, { kpis: { utilization }, circuits, bandwidth }) => {
    point.utilization_pct = {
      avg: utilization.avgPct,
      max: utilization.maxPct,
      p95: utilization.p95Pct,
      peak: utilization.peakPct,
      hours: utilization.hours,
    };
    if (circuits !== null) return;
    const { downMbps, upMbps, source } = bandwidth ?? UNKNOWN_BANDWIDTH;
    point.bandwidth = { down_mbps: downMbps, up_mbps: upMbps, source };
  },
  status: (point, { kpis, circuits, counters }) => {
    point.up_minutes = minutes(kpis.upMs);
    point.down_minutes = minutes(kpis.downMs);
    point.unknown_minutes = minutes(kpis.unknownMs);
    point.known_minutes = minutes(kpis.upMs + kpis.downMs);
    point.availability_pct = kpis.availabilityPct;
    point.coverage_pct = kpis.coveragePct;
    point.flaps = kpis.flaps;
    point.status_hourly = hourStatus(kpis.upMs, kpis.downMs);
    if (circuits === null) point.counter_reset = counters?.hasReset ?? false;
  },
  latency: (point, { kpis }) => {
    point.latency_ms = qualityJson(kpis.latency);
  },
  jitter: (point, { kpis }) => {
    point.jitter_ms = qualityJson(kpis.jitter);
  },
  loss: (point, { kpis }) => {
    point.loss_pct = qualityJson(kpis.loss);
  },
  above: (point, cell) => {
    point.above = {
      utilization: hoursAbove(cell, 'utilization'),
      loss: hoursAbove(cell, 'loss'),
      jitter: hoursAbove(cell, 'jitter'),
      latency: hoursAbove(cell, 'latency'),
    };
  },
};

const qualityJson = ({ count, avg, max, p95, p95CoveragePct }: Cell['kpis']['latency']) => ({
  avg,
  max,
  p95,
  p95_coverage_pct: p95CoveragePct,
  count,
});

/** Hours at or above each threshold, in the order in which the answer lists the thresholds. */
function hoursAbove({ kpis, extra }: Cell, kpi: HourlyKpi) {
  const { warning, major, critical } = kpis.above[kpi];
  const cumulative = [warning.cumulativeHours, major.cumulativeHours, critical.cumulativeHours];
  const continuous = [warning.continuousHours, major.continuousHours, critical.continuousHours];
  for (const hours of extra[kpi]) {
    cumulative.push(hours.cumulative);
    continuous.push(hours.continuous);
  }
  return { cumulative_hours: cumulative, continuous_hours: continuous };
}

/** The thresholds that `above` counts by: warning, major, critical, then those the caller added. */
export const thresholdsJson = (thresholds: ThresholdSet, extra: ExtraThresholds) =>
  Object.fromEntries(HOURLY_KPIS.map((kpi) => [kpi, [...LEVELS.map((level) => thresholds[kpi][level]), ...extra[kpi]]]));

/** One point of a series, in the API's words. A span without facts has nulls and coverage 0. */
export function pointJson(cell: Cell, { shown, hours }: Bucket, metrics: ReadonlySet<PointGroup>): Point {
  const point: Point = {
    start: timeOf(shown.from),
    end: timeOf(shown.to),
    hours: (hours.to - hours.from) / HOUR_MS,
    facts: cell.kpis.facts,
  };
  if (cell.circuits !== null) point.circuits = cell.circuits;
  for (const metric of metrics) WRITERS[metric](point, cell);
  return point;
}

const BUSY_EXAMPLE = { cumulative_hours: [1, 0, 0], continuous_hours: [1, 0, 0] };
const CALM_EXAMPLE = { cumulative_hours: [0, 0, 0], continuous_hours: [0, 0, 0] };
/** Every field of a point, for the documentation. */
export const POINT_EXAMPLE = {
  start: '2026-03-01T10:00:00Z',
  end: '2026-03-01T11:00:00Z',
  hours: 1,
  facts: 1,
  covered_s: sometimes(3600),
  rx_bytes: sometimes(orNull(33750000000)),
  tx_bytes: sometimes(orNull(4500000000)),
  traffic_mbps: sometimes({ rx: { avg: orNull(75), peak: orNull(92.5) }, tx: { avg: orNull(10), peak: orNull(14) } }),
  utilization_pct: sometimes({ avg: orNull(75), max: orNull(75), p95: orNull(75), peak: orNull(92.5), hours: 1 }),
  bandwidth: sometimes({ down_mbps: orNull(100), up_mbps: orNull(100), source: orNull('configured') }),
  up_minutes: sometimes(60),
  down_minutes: sometimes(0),
  unknown_minutes: sometimes(0),
  known_minutes: sometimes(60),
  availability_pct: sometimes(orNull(100)),
  coverage_pct: sometimes(orNull(100)),
  flaps: sometimes(orNull(0)),
  status_hourly: sometimes('up'),
  counter_reset: sometimes(false),
  latency_ms: sometimes({ avg: orNull(21.5), max: orNull(40), p95: orNull(38), p95_coverage_pct: orNull(100), count: 12 }),
  jitter_ms: sometimes({ avg: orNull(2), max: orNull(4), p95: orNull(3.8), p95_coverage_pct: orNull(100), count: 12 }),
  loss_pct: sometimes({ avg: orNull(0), max: orNull(0), p95: orNull(0), p95_coverage_pct: orNull(100), count: 12 }),
  above: sometimes({ utilization: BUSY_EXAMPLE, loss: CALM_EXAMPLE, jitter: CALM_EXAMPLE, latency: CALM_EXAMPLE }),
};

/** A point of several circuits. */
const { traffic_mbps: _traffic, bandwidth: _bandwidth, counter_reset: _reset, ...SHARED_FIELDS } = POINT_EXAMPLE;
export const POOL_POINT_EXAMPLE = { ...SHARED_FIELDS, circuits: 1 };
