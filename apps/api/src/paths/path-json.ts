import {
  mergePathSums,
  NO_PATH_SUMS,
  pathKpis,
  pathsNow,
  pathSumsOf,
  type PathFigures,
  type PathSums,
  type PortState,
  type QualityWindow,
  type Span,
} from '@app/domain';
import { orNull, timeOf } from '../http/answers.js';
import type { Bucket } from '../series/buckets.js';
import type { PathPeriod, PolledPath } from './paths.repository.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

type P95 = PathPeriod['p95'];

const stateOf = (polled: PolledPath | undefined): PortState | 'unknown' =>
  polled === undefined || polled.up === null ? 'unknown' : polled.up ? 'up' : 'down';

const qualityJson = ({ avg, max, count }: QualityWindow, p95: number | null) => ({ avg, max, p95, count });

/** What a path did in whole hours, in the API's words; without any known time nulls and coverage 0. */
function periodJson(sums: PathSums, span: Span, p95: P95) {
  const kpis = pathKpis(sums, span);
  const knownMs = kpis.upMs + kpis.downMs;
  return {
    hours: (span.to - span.from) / HOUR_MS,
    facts: kpis.hours,
    up_minutes: kpis.upMs / MINUTE_MS,
    down_minutes: kpis.downMs / MINUTE_MS,
    unknown_minutes: (span.to - span.from - knownMs) / MINUTE_MS,
    health_pct: kpis.healthPct,
    coverage_pct: kpis.coveragePct,
    flaps: kpis.flaps,
    latency_ms: qualityJson(kpis.latency, p95.latency),
    jitter_ms: qualityJson(kpis.jitter, p95.jitter),
    loss_pct: qualityJson(kpis.loss, p95.loss),
    mos: { avg: kpis.mosAvg, min: kpis.mosMin },
    mtu: kpis.mtu,
  };
}

/** A path now and over a period. */
export function pathJson({ peer, sums, p95 }: PathPeriod, polled: PolledPath | undefined, span: Span) {
  const border = peer.indexOf('|');
  return {
    id: peer,
    peer_mac: border < 0 ? peer : peer.slice(0, border),
    peer_port: border < 0 || border === peer.length - 1 ? null : peer.slice(border + 1),
    state: stateOf(polled),
    active: polled?.active ?? null,
    latency_ms: polled?.latency_ms ?? null,
    jitter_ms: polled?.jitter_ms ?? null,
    loss_pct: polled?.loss_pct ?? null,
    mos: polled?.mos ?? null,
    mtu: polled?.mtu ?? null,
    period: periodJson(sums, span, p95),
  };
}

/** All paths of the newest poll together. */
export function pollJson(polled: readonly PolledPath[]) {
  const { up, total, healthPct } = pathsNow(polled.map(stateOf));
  return { at: timeOf(polled[0]?.at ?? null), up, total, health_pct: healthPct };
}

/** The p95 of an hour is exact; of several hours with readings nobody keeps the readings, and percentiles do not average. */
function p95Of(hours: readonly PathFigures[]): P95 {
  const of = (metric: keyof P95): number | null => {
    const measured = hours.filter((hour) => hour[metric].count > 0);
    return measured.length === 1 ? (measured[0]?.[metric].p95 ?? null) : null;
  };
  return { latency: of('latency'), jitter: of('jitter'), loss: of('loss') };
}

/** Points of a path; hours ascend, and a bucket without any is there with nulls. */
export function pathPoints(hours: readonly PathFigures[], buckets: readonly Bucket[]) {
  let next = 0;
  return buckets.map(({ shown, hours: span }) => {
    const first = next;
    while ((hours[next]?.hour ?? Infinity) < span.to) next++;
    const own = hours.slice(first, next);
    const sums = own.map(pathSumsOf).reduce(mergePathSums, NO_PATH_SUMS);
    return { start: timeOf(shown.from), end: timeOf(shown.to), ...periodJson(sums, span, p95Of(own)) };
  });
}

const PERIOD_EXAMPLE = {
  hours: 1,
  facts: 1,
  up_minutes: 55,
  down_minutes: 5,
  unknown_minutes: 0,
  health_pct: orNull(91.66666666666667),
  coverage_pct: 100,
  flaps: orNull(2),
  latency_ms: { avg: orNull(21.5), max: orNull(40), p95: orNull(38), count: 12 },
  jitter_ms: { avg: orNull(2), max: orNull(4), p95: orNull(3.75), count: 12 },
  loss_pct: { avg: orNull(0), max: orNull(0), p95: orNull(0), count: 12 },
  mos: { avg: orNull(4.25), min: orNull(4) },
  mtu: orNull(1400),
};

export const PATH_EXAMPLE = {
  id: '0200000000ff|ge-0/0/0',
  peer_mac: '0200000000ff',
  peer_port: orNull('ge-0/0/0'),
  state: 'up',
  active: orNull(true),
  latency_ms: orNull(20),
  jitter_ms: orNull(2),
  loss_pct: orNull(0),
  mos: orNull(4.25),
  mtu: orNull(1400),
  period: PERIOD_EXAMPLE,
};

export const PATH_POINT_EXAMPLE = { start: '2026-03-01T10:00:00Z', end: '2026-03-01T11:00:00Z', ...PERIOD_EXAMPLE };
