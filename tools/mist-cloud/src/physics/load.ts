import { between } from '../random.js';
import type { Circuit, Site } from '../world/nouns.js';

export type Direction = 'rx' | 'tx';

const STEP_MS = 300_000;
const WEEK_MS = 604_800_000;
const STEPS = WEEK_MS / STEP_MS;
const DAYS_OF_WEEK = [0.5, 1, 0.95, 1, 1.05, 1.15, 0.85] as const;
/** A slow wobble on top of the shape, as a share of the level; below the quietest step, so load stays positive. */
const WOBBLE = 0.03;

/** Retail day: quiet night, one hump at lunch, a smaller one in the early evening. */
const shapeAt = (step: number): number => {
  const dayOfWeek = DAYS_OF_WEEK[(Math.floor((step * STEP_MS) / 86_400_000) + 4) % 7] ?? 1;
  const hour = ((step * STEP_MS) % 86_400_000) / 3_600_000;
  const hump = (centre: number, width: number): number => Math.exp(-(((hour - centre) / width) ** 2));
  return Math.min(1, 0.06 + dayOfWeek * (0.7 * hump(12.5, 3.2) + 0.35 * hump(18, 1.8)));
};

/** Weeks start at the epoch's Thursday; index 0 is that midnight, local time. */
const SHAPE = Array.from({ length: STEPS }, (_, step) => shapeAt(step));
const CUMULATIVE = SHAPE.reduce<number[]>(
  (sums, value) => {
    sums.push((sums.at(-1) ?? 0) + value * STEP_MS);
    return sums;
  },
  [0],
);
const WEEK_TOTAL = CUMULATIVE[STEPS] ?? 0;

/** Times are taken from a Thursday near the simulation's start: small numbers keep the integral exact to the byte. */
export const referenceWeekMs = (startAtMs: number): number => Math.floor(startAtMs / WEEK_MS) * WEEK_MS;

const stepOf = (localMs: number): number => Math.floor((((localMs % WEEK_MS) + WEEK_MS) % WEEK_MS) / STEP_MS);

/** The weekly shape, 0..1, at a local time. */
export const loadShape = (localMs: number): number => SHAPE[stepOf(localMs)] ?? 0;

/** Integral of the weekly shape from local time 0, in shape x milliseconds. */
const shapeIntegral = (localMs: number): number => {
  const weeks = Math.floor(localMs / WEEK_MS);
  const step = stepOf(localMs);
  const rest = localMs - weeks * WEEK_MS - step * STEP_MS;
  return weeks * WEEK_TOTAL + (CUMULATIVE[step] ?? 0) + (SHAPE[step] ?? 0) * rest;
};

/** The ordinary load of one circuit in one direction. */
export interface LoadCurve {
  /** Bits per second at a time. */
  rateBps(atMs: number): number;
  /** Bytes carried from a fixed origin to a time; only differences have a meaning. */
  bytesUntil(atMs: number): number;
}

/** Everything is closed form: two polls at any times agree, whatever happened between them. */
export const ordinaryLoad = (
  place: { seed: number; referenceMs: number; site: Site; circuit: Circuit },
  direction: Direction,
): LoadCurve => {
  const { seed, referenceMs, site, circuit } = place;
  const boughtMbps = direction === 'rx' ? circuit.downMbps : circuit.upMbps;
  const peakBps = boughtMbps * 1e6 * circuit.level * (direction === 'rx' ? 1 : 0.45);
  const omega = (2 * Math.PI) / (between(47, 97, seed, site.orgNumber, circuit.number, 71) * 60_000);
  const phase = between(0, 6, seed, site.orgNumber, circuit.number, direction === 'rx' ? 72 : 73);
  const bytesPerShapeMs = peakBps / 8000;
  return {
    rateBps: (atMs) => {
      const ms = atMs - referenceMs;
      return peakBps * (loadShape(ms + site.offsetMs) + WOBBLE * Math.sin(omega * ms + phase));
    },
    bytesUntil: (atMs) => {
      const ms = atMs - referenceMs;
      return bytesPerShapeMs * (shapeIntegral(ms + site.offsetMs) - (WOBBLE * Math.cos(omega * ms + phase)) / omega);
    },
  };
};
