import { availabilityPct, coveragePct } from '../../kpi/availability.js';
import { HOUR_MS } from '../../time/bucket.js';
import type { TrendFigures } from '../../trend/assemble.js';

export const QUALITY_KINDS = ['latency', 'jitter', 'loss'] as const;
export type QualityKind = (typeof QUALITY_KINDS)[number];

/** Samples of one quality metric, added up; `worstDayP95` = the highest of the daily 95th percentiles. */
export interface QualitySums {
  readonly count: number;
  readonly sum: number;
  readonly worstDayP95: number | null;
}

/** Hours of circuits, added up. What lies inside maintenance is in `up` and `down` too. */
export interface WanSums {
  readonly hours: number;
  readonly upMs: number;
  readonly downMs: number;
  readonly maintenanceMs: number;
  readonly maintenanceUpMs: number;
  readonly maintenanceDownMs: number;
  readonly utilWeightMs: number;
  readonly utilSum: number;
  readonly utilMax: number | null;
  readonly flaps: number;
  readonly quality: Readonly<Record<QualityKind, QualitySums>>;
}

const NO_QUALITY: QualitySums = { count: 0, sum: 0, worstDayP95: null };
export const NO_WAN_SUMS: WanSums = {
  hours: 0,
  upMs: 0,
  downMs: 0,
  maintenanceMs: 0,
  maintenanceUpMs: 0,
  maintenanceDownMs: 0,
  utilWeightMs: 0,
  utilSum: 0,
  utilMax: null,
  flaps: 0,
  quality: { latency: NO_QUALITY, jitter: NO_QUALITY, loss: NO_QUALITY },
};

const higher = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.max(a, b));

const addQuality = (a: QualitySums, b: QualitySums): QualitySums => ({
  count: a.count + b.count,
  sum: a.sum + b.sum,
  worstDayP95: higher(a.worstDayP95, b.worstDayP95),
});

/** Associative: a region, a provider and a whole organization are the same fold. */
export const addWanSums = (a: WanSums, b: WanSums): WanSums => ({
  hours: a.hours + b.hours,
  upMs: a.upMs + b.upMs,
  downMs: a.downMs + b.downMs,
  maintenanceMs: a.maintenanceMs + b.maintenanceMs,
  maintenanceUpMs: a.maintenanceUpMs + b.maintenanceUpMs,
  maintenanceDownMs: a.maintenanceDownMs + b.maintenanceDownMs,
  utilWeightMs: a.utilWeightMs + b.utilWeightMs,
  utilSum: a.utilSum + b.utilSum,
  utilMax: higher(a.utilMax, b.utilMax),
  flaps: a.flaps + b.flaps,
  quality: {
    latency: addQuality(a.quality.latency, b.quality.latency),
    jitter: addQuality(a.quality.jitter, b.quality.jitter),
    loss: addQuality(a.quality.loss, b.quality.loss),
  },
});

/** Percent of known time; `null` when nothing is known. */
export const grossPct = ({ upMs, downMs }: WanSums): number | null => availabilityPct(upMs, downMs);

/** The same without maintenance: what lies inside counts neither as up nor as down. */
export const netPct = ({ upMs, downMs, maintenanceUpMs, maintenanceDownMs }: WanSums): number | null =>
  availabilityPct(upMs - maintenanceUpMs, downMs - maintenanceDownMs);

/** Known time of the hours that have facts, in percent. */
export const knownPct = ({ hours, upMs, downMs }: WanSums): number | null => coveragePct(upMs + downMs, hours * HOUR_MS);

export const meanUtilizationPct = ({ utilSum, utilWeightMs }: WanSums): number | null =>
  utilWeightMs > 0 ? utilSum / utilWeightMs : null;

export const meanQuality = ({ quality }: WanSums, kind: QualityKind): number | null =>
  quality[kind].count > 0 ? quality[kind].sum / quality[kind].count : null;

/** Figures that are compared with those of the period before. */
export const wanFiguresOf = (sums: WanSums): TrendFigures => ({
  utilization: meanUtilizationPct(sums),
  loss: meanQuality(sums, 'loss'),
  jitter: meanQuality(sums, 'jitter'),
  latency: meanQuality(sums, 'latency'),
  availability: grossPct(sums),
});

/** Rows of one name together, in order of the names. */
export function groupSums<T extends { readonly sums: WanSums }>(
  rows: readonly T[],
  nameOf: (row: T) => string | null,
): { readonly name: string; readonly members: number; readonly sums: WanSums }[] {
  const groups = new Map<string, { members: number; sums: WanSums }>();
  for (const row of rows) {
    const name = nameOf(row);
    if (name === null) continue;
    const group = groups.get(name) ?? { members: 0, sums: NO_WAN_SUMS };
    groups.set(name, { members: group.members + 1, sums: addWanSums(group.sums, row.sums) });
  }
  return [...groups]
    .map(([name, group]) => ({ name, ...group }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
