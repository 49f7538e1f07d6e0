import type { QualityHour } from '../circuit.js';
import type { EpochMs, Span } from '../sample.js';
import { availabilityPct, coveragePct } from '../kpi/availability.js';
import { percentileCont } from '../kpi/quality.js';
import { Sketch } from '../kpi/sketch.js';
import { maxOf, meanOf, type Summary } from '../kpi/summary.js';
import { type FoldableHour, hoursIn, type HoursAbove, type QualityKpis, type WindowKpis } from '../kpi/window-kpis.js';
import { HOUR_MS } from '../time/bucket.js';
import { stretchOfHours, type ThresholdsByKpi } from './hours.js';
import { perThreshold, type PoolState, type StretchState, type Sums } from './state.js';

export const QUALITY_METRICS = ['latency', 'jitter', 'loss'] as const;
export type QualityMetric = (typeof QUALITY_METRICS)[number];

/** A p95 of samples, and how many of them it knows. */
export interface SketchedP95 {
  readonly p95: number | null;
  readonly sketched: number;
}

/** What does not add up and is kept beside the sums: percentiles of the whole period. */
export interface Percentiles extends Readonly<Record<QualityMetric, SketchedP95>> {
  readonly utilization: number | null;
}

export const NOT_SKETCHED: SketchedP95 = { p95: null, sketched: 0 };
export const NO_PERCENTILES: Percentiles = {
  utilization: null,
  latency: NOT_SKETCHED,
  jitter: NOT_SKETCHED,
  loss: NOT_SKETCHED,
};

/** Encoded sketch of one metric of one hour; null where the samples were never at hand. */
export type SketchAt = (hour: EpochMs, metric: QualityMetric) => Uint8Array | null;

/** One measured hour knows its own p95, also where it was imported; of several, those count whose samples were sketched. */
const p95OfHours = (hours: readonly FoldableHour[], metric: QualityMetric, sketchAt: SketchAt | null): SketchedP95 => {
  let measured: QualityHour | null = null;
  let count = 0;
  for (const fact of hours) {
    if (fact[metric].count === 0) continue;
    measured = fact[metric];
    count++;
  }
  if (measured === null) return NOT_SKETCHED;
  if (count === 1 && measured.p95 !== null) return { p95: measured.p95, sketched: measured.count };
  if (sketchAt === null) return NOT_SKETCHED;
  const sketch = Sketch.merged(hours.map(({ hour }) => sketchAt(hour, metric)));
  return { p95: sketch.quantile(0.95), sketched: sketch.count };
};

/** Percentiles of ascending hours of one circuit: utilization exact, quality from the hours' sketches where there are any. */
export const percentilesOfSorted = (hours: readonly FoldableHour[], sketchAt: SketchAt | null = null): Percentiles => {
  const values: number[] = [];
  for (const { utilizationPct } of hours) if (utilizationPct !== null) values.push(utilizationPct);
  return {
    utilization: percentileCont(values, 0.95),
    latency: p95OfHours(hours, 'latency', sketchAt),
    jitter: p95OfHours(hours, 'jitter', sketchAt),
    loss: p95OfHours(hours, 'loss', sketchAt),
  };
};

/** What a state does not know of itself. */
export interface KpisFrame {
  readonly span: Span;
  /** First instant of which nothing can be known yet, where that lies inside the span. */
  readonly openFrom?: EpochMs;
  readonly thresholds: ThresholdsByKpi;
  readonly percentiles: Percentiles;
}

const qualityKpis = (summary: Summary, { p95, sketched }: SketchedP95): QualityKpis => ({
  count: summary.weight,
  avg: meanOf(summary),
  max: maxOf(summary),
  p95,
  p95CoveragePct: coveragePct(Math.min(sketched, summary.weight), summary.weight),
});

/** Time of which something could be known by circuits together: the hours in which each was there, which all have a fact. */
export const possibleMsOf = (facts: number): number => facts * HOUR_MS;

/** A circuit asked for by itself could be known at any time of the span that is over. */
const possibleMsOfOne = ({ facts }: Sums, { span, openFrom = span.to }: KpisFrame): number =>
  Math.max(possibleMsOf(facts), Math.min(span.to, openFrom) - span.from);

/** All KPIs that follow from sums; `possibleMs` is the time they could know. */
export const kpisOf = (
  sums: Sums,
  { span, percentiles }: KpisFrame,
  above: WindowKpis['above'],
  possibleMs: number,
): WindowKpis => ({
  span,
  facts: sums.facts,
  coveredMs: sums.coveredMs,
  rxBytes: sums.rxBytes,
  txBytes: sums.txBytes,
  utilization: {
    hours: sums.utilization.count,
    avgPct: meanOf(sums.utilization),
    maxPct: maxOf(sums.utilization),
    p95Pct: percentiles.utilization,
    peakPct: sums.peakUtilizationPct,
  },
  above,
  upMs: sums.upMs,
  downMs: sums.downMs,
  unknownMs: possibleMs - sums.upMs - sums.downMs,
  availabilityPct: availabilityPct(sums.upMs, sums.downMs),
  coveragePct: coveragePct(sums.upMs + sums.downMs, possibleMs),
  flaps: sums.flaps,
  latency: qualityKpis(sums.latency, percentiles.latency),
  jitter: qualityKpis(sums.jitter, percentiles.jitter),
  loss: qualityKpis(sums.loss, percentiles.loss),
});

/** KPIs of one circuit from a stored or merged state, in the shape that its hours would give. */
export const kpisOfStretch = (stretch: StretchState, frame: KpisFrame): WindowKpis => {
  const { thresholds } = frame;
  const above = perThreshold((kpi, level): HoursAbove => {
    const { total, longest } = stretch.above[kpi][level];
    return { threshold: thresholds[kpi][level], cumulativeHours: total, continuousHours: longest };
  });
  return kpisOf(stretch, frame, above, possibleMsOfOne(stretch, frame));
};

/**
 * KPIs of many circuits. Coverage is of the hours in which they belonged to the pool: what a circuit did elsewhere, or before there was one, is
 * nothing that the pool misses. Circuits may have thresholds of their own: those of the frame are only shown.
 */
export const kpisOfPool = (pool: PoolState, frame: KpisFrame): WindowKpis => {
  const { thresholds } = frame;
  const above = perThreshold((kpi, level): HoursAbove => {
    const { total, longest } = pool.above[kpi][level];
    return { threshold: thresholds[kpi][level], cumulativeHours: total, continuousHours: longest };
  });
  return kpisOf(pool, frame, above, possibleMsOf(pool.facts));
};

/** Folds hour facts of one circuit, in any order, into the KPIs of a span of whole hours: a window, day, week, month or any other. */
export const windowKpis = (
  facts: readonly FoldableHour[],
  span: Span,
  thresholds: ThresholdsByKpi,
  sketchAt: SketchAt | null = null,
): WindowKpis => {
  const hours = hoursIn(facts, span);
  const stretch = stretchOfHours(hours, span, thresholds);
  return kpisOfStretch(stretch, { span, thresholds, percentiles: percentilesOfSorted(hours, sketchAt) });
};
