import {
  HOURLY_KPIS,
  percentileCont,
  Sketch,
  streakOver,
  type Bandwidth,
  type HourFact,
  type HourlyKpi,
  type Percentiles,
  type Span,
  type Thresholds,
  type WindowKpis,
} from '@app/domain';
import type { Counters } from './traffic.js';

/** Encoded sketches, and hourly utilization values where they are kept one by one. */
export interface Sketches {
  readonly util_values: readonly number[] | null;
  readonly latency: Uint8Array | null;
  readonly jitter: Uint8Array | null;
  readonly loss: Uint8Array | null;
}

/** Groups of fields a caller may choose among. */
export const POINT_GROUPS = ['traffic', 'utilization', 'status', 'latency', 'jitter', 'loss', 'above'] as const;
export type PointGroup = (typeof POINT_GROUPS)[number];

export type ThresholdSet = Readonly<Record<HourlyKpi, Thresholds>>;

/** Thresholds a caller added to those of the configuration. */
export type ExtraThresholds = Readonly<Record<HourlyKpi, readonly number[]>>;

/** Hours at or above each threshold a caller added, in the order given. */
export type ExtraHours = Readonly<Record<HourlyKpi, readonly { readonly cumulative: number; readonly continuous: number }[]>>;

/** Everything that a point of a series tells, whatever it is of. */
export interface Cell {
  readonly kpis: WindowKpis;
  readonly extra: ExtraHours;
  /** Circuits that took part, where it is of several. */
  readonly circuits: number | null;
  /** What held last in one circuit's hours; `null` where they were not read. */
  readonly bandwidth: Bandwidth | null;
  /** Of one circuit; `null` where its hours were not read. */
  readonly counters: Counters | null;
}

export const QUALITY = ['latency', 'jitter', 'loss'] as const;

const NOT_SKETCHED = { p95: null, sketched: 0 };
const NO_EXTRA_HOURS: ExtraHours = { utilization: [], loss: [], jitter: [], latency: [] };

export const hasExtra = (extra: ExtraThresholds): boolean => HOURLY_KPIS.some((kpi) => extra[kpi].length > 0);

/** Of several circuits the hours add up, and the longest run of any one counts. */
export function extraHours(byCircuit: () => readonly (readonly HourFact[])[], extra: ExtraThresholds, span: Span): ExtraHours {
  if (!hasExtra(extra)) return NO_EXTRA_HOURS;
  const circuits = byCircuit();
  const of = (kpi: HourlyKpi) =>
    extra[kpi].map((threshold) => {
      const streaks = circuits.map((facts) => streakOver(facts, kpi, threshold, span));
      return {
        cumulative: streaks.reduce((sum, { total }) => sum + total, 0),
        continuous: streaks.reduce((longest, streak) => Math.max(longest, streak.longest), 0),
      };
    });
  return { utilization: of('utilization'), loss: of('loss'), jitter: of('jitter'), latency: of('latency') };
}

/**
 * Percentiles over hours and stored days together: utilization exact from its hourly values, quality from the sketches. Where a single hour was
 * measured it knows its own.
 */
export function percentilesOver(facts: readonly HourFact[], sketches: readonly Sketches[], hasOnlyHours: boolean): Percentiles {
  const values: number[] = [];
  for (const { utilizationPct } of facts) if (utilizationPct !== null) values.push(utilizationPct);
  if (!hasOnlyHours) for (const { util_values } of sketches) values.push(...(util_values ?? []));
  const quality = (metric: (typeof QUALITY)[number]) => {
    const measured = hasOnlyHours ? facts.filter((fact) => fact[metric].count > 0) : [];
    const [only] = measured;
    if (measured.length === 1 && only !== undefined && only[metric].p95 !== null)
      return { p95: only[metric].p95, sketched: only[metric].count };
    if (sketches.length === 0) return NOT_SKETCHED;
    const sketch = Sketch.merged(sketches.map((row) => row[metric]));
    return { p95: sketch.quantile(0.95), sketched: sketch.count };
  };
  return {
    utilization: percentileCont(values, 0.95),
    latency: quality('latency'),
    jitter: quality('jitter'),
    loss: quality('loss'),
  };
}
