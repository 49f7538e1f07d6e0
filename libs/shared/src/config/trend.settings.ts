import { DEFAULT_TREND_PERCENT, HEALTH_DROP_POINTS, SLE_METRICS, type SleMetric } from '@app/domain';
import { mapOf, withDefault, type Fields, type Reader } from './yaml-reader.js';
import { decimal } from './yaml-values.js';

export interface TrendSettings {
  /** Relative change from which a difference to the day or week before counts, percent. */
  readonly degradationPercent: number;
}

export interface HealthSettings {
  /** Weight of a service level in the health score; 1 unless given, 0 leaves it out. */
  readonly weights: Readonly<Partial<Record<SleMetric, number>>>;
  /** Points that the health of 24 hours may lie below the day before. */
  readonly dropPoints: number;
}

const weights: Reader<HealthSettings['weights']> = (place) => {
  const given = mapOf(
    decimal({ min: 0, max: 1000 }),
    SLE_METRICS.map(({ id }) => id),
  )(place) as HealthSettings['weights'];
  if (SLE_METRICS.every(({ id }) => given[id] === 0)) place.fault('at least one weight should be above 0');
  return given;
};

export const trendFields: Fields<TrendSettings> = {
  degradationPercent: withDefault(decimal({ min: 0.1, max: 100 }), DEFAULT_TREND_PERCENT),
};

export const healthFields: Fields<HealthSettings> = {
  weights: withDefault(weights, {}),
  dropPoints: withDefault(decimal({ min: 1, max: 100 }), HEALTH_DROP_POINTS),
};
