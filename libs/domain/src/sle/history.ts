import type { EpochMs } from '../sample.js';
import { HOUR_MS, hourOf } from '../time/bucket.js';
import { type SleMetric, sleMetricOf } from './metrics.js';

/** A score with the window it speaks of; imported ones have none. */
export interface WindowedReading {
  readonly at: EpochMs;
  readonly windowFrom: EpochMs | null;
  readonly windowTo: EpochMs | null;
}

/** The hour a reading is about: the last of its window, or without a window the hour of its own time. */
export const hourOfReading = ({ at, windowTo }: WindowedReading): EpochMs => hourOf(windowTo === null ? at : windowTo - 1);

/** Whether a reading is about its hour and no other time; such a one goes before others, however late those were taken. */
export const isExactReading = ({ windowFrom, windowTo }: WindowedReading): boolean =>
  windowFrom !== null && windowTo !== null && windowTo - windowFrom === HOUR_MS && hourOf(windowFrom) === windowFrom;

/** One hour of one service level, as far as longer periods depend on it. */
export interface SleHour {
  readonly score: number | null;
  /** User-minutes of the detail, where there is one. */
  readonly totalMinutes: number | null;
  readonly numClients: number | null;
}

/** User-minutes an hour stands for: those of the detail, else an hour for each client; null when nobody counted. */
export const weightOfHour = (metric: SleMetric, { totalMinutes, numClients }: SleHour): number | null => {
  if (!sleMetricOf(metric).isClientBased) return null;
  if (totalMinutes !== null && totalMinutes > 0) return totalMinutes;
  return numClients !== null && numClients > 0 ? numClients * 60 : null;
};

/** Hours of one service level, added up; any cut of a period gives the same. */
export interface SlePeriod {
  /** Hours with a score. */
  readonly hours: number;
  /** Those of them whose weight is known, their weight together, and score x weight. */
  readonly weighedHours: number;
  readonly weight: number;
  readonly weighedSum: number;
  /** Scores of the hours without a known weight. */
  readonly plainSum: number;
}

export const NO_SLE_PERIOD: SlePeriod = { hours: 0, weighedHours: 0, weight: 0, weighedSum: 0, plainSum: 0 };

/** What one hour contributes. */
export const slePeriodOfHour = (metric: SleMetric, hour: SleHour): SlePeriod => {
  if (hour.score === null) return NO_SLE_PERIOD;
  const weight = weightOfHour(metric, hour);
  if (weight === null) return { ...NO_SLE_PERIOD, hours: 1, plainSum: hour.score };
  return { hours: 1, weighedHours: 1, weight, weighedSum: hour.score * weight, plainSum: 0 };
};

/** Associative and commutative; `NO_SLE_PERIOD` is its identity. */
export const mergeSlePeriods = (a: SlePeriod, b: SlePeriod): SlePeriod => ({
  hours: a.hours + b.hours,
  weighedHours: a.weighedHours + b.weighedHours,
  weight: a.weight + b.weight,
  weighedSum: a.weighedSum + b.weighedSum,
  plainSum: a.plainSum + b.plainSum,
});

/**
 * Score of a period: its hours weighted by user-minutes. An hour without a known weight counts like the average of those that have one, so that
 * with no weights at all every hour counts alike. No data is null, never 0.
 */
export const scoreOfSlePeriod = ({ hours, weighedHours, weight, weighedSum, plainSum }: SlePeriod): number | null => {
  if (hours === 0) return null;
  const share = weighedHours === 0 ? 1 : weight / weighedHours;
  return (weighedSum + plainSum * share) / (weight + (hours - weighedHours) * share);
};

/** Sums of one UTC hour of a service level's detail. */
export interface SleDetailHour {
  readonly hour: EpochMs;
  readonly totalMinutes: number;
  readonly degradedMinutes: number;
}

/** A detail hour that can be believed: something was counted, and no more of it was bad than there was. */
export const isUsableDetail = ({ totalMinutes, degradedMinutes }: SleDetailHour): boolean =>
  totalMinutes > 0 && degradedMinutes >= 0 && degradedMinutes <= totalMinutes;
