import { mapOf, withDefault, type Fields, type Place, type Reader } from './yaml-reader.js';
import { decimal } from './yaml-values.js';

/** Metrics that have thresholds; `higher` means that a higher value is worse. */
export const THRESHOLD_METRICS = {
  utilization: 'higher',
  loss: 'higher',
  jitter: 'higher',
  latency: 'higher',
  flaps: 'higher',
  availability: 'lower',
  'time-to-connect': 'lower',
  'successful-connect': 'lower',
  coverage: 'lower',
  roaming: 'lower',
  throughput: 'lower',
  capacity: 'lower',
  'ap-health': 'lower',
  'gateway-health': 'lower',
  'wan-link-health': 'lower',
  'application-health': 'lower',
} as const satisfies Record<string, 'higher' | 'lower'>;
export type ThresholdMetric = keyof typeof THRESHOLD_METRICS;

export const THRESHOLD_LEVELS = ['warning', 'major', 'critical'] as const;
export type ThresholdLevel = (typeof THRESHOLD_LEVELS)[number];
export type ThresholdLevels = Readonly<Partial<Record<ThresholdLevel, number>>>;
/** What differs from the level above, metric by metric and key by key. */
export type ThresholdOverrides = Readonly<Partial<Record<ThresholdMetric, ThresholdLevels>>>;

/** Overrides, from the weakest to the strongest: default, org, region, store type, site, circuit. */
export interface ThresholdSettings {
  readonly default: ThresholdOverrides;
  /** By org id. */
  readonly orgs: Readonly<Record<string, ThresholdOverrides>>;
  /** By name of the region. */
  readonly regions: Readonly<Record<string, ThresholdOverrides>>;
  readonly storeTypes: Readonly<Record<string, ThresholdOverrides>>;
  /** By site id. */
  readonly sites: Readonly<Record<string, ThresholdOverrides>>;
  /** By `mac/port_id`. */
  readonly circuits: Readonly<Record<string, ThresholdOverrides>>;
}

/** Names that other tools give to our levels. */
const ALIASES: Readonly<Record<string, ThresholdLevel>> = { warn: 'warning', high: 'major' };

/** Any of warning, major, critical, by any of their names. */
export const readLevels: Reader<ThresholdLevels> = (place) => {
  const given = mapOf(decimal({ min: 0 }), [...THRESHOLD_LEVELS, ...Object.keys(ALIASES)])(place);
  const result: Partial<Record<ThresholdLevel, number>> = {};
  for (const [key, value] of Object.entries(given)) {
    const level = ALIASES[key] ?? (key as ThresholdLevel);
    if (result[level] !== undefined) place.fault(`${level} is given twice (${key} means the same)`);
    result[level] = value;
  }
  return Object.freeze(result);
};

const overrides: Reader<ThresholdOverrides> = (place) => {
  const metrics = Object.keys(THRESHOLD_METRICS);
  const given = mapOf(readLevels, metrics)(place) as ThresholdOverrides;
  for (const [metric, set] of Object.entries(given)) checkOrder(place, metric as ThresholdMetric, set);
  return given;
};

/** What is given at one place must ascend (descend, where lower is worse); the whole set is checked when it is resolved. */
function checkOrder(place: Place, metric: ThresholdMetric, set: ThresholdLevels): void {
  const values = THRESHOLD_LEVELS.map((level) => set[level]).filter((value) => value !== undefined);
  const worse = THRESHOLD_METRICS[metric];
  const isOrdered = values.every((value, index) => {
    const before = values[index - 1];
    return before === undefined || (worse === 'higher' ? before < value : before > value);
  });
  const order = worse === 'higher' ? 'warning < major < critical' : 'warning > major > critical';
  if (!isOrdered) place.fault(`thresholds should be ${order}`, `${place.path}.${metric}`);
}

const byKey = withDefault<Readonly<Record<string, ThresholdOverrides>>>(mapOf(overrides), {});

export const thresholdFields: Fields<ThresholdSettings> = {
  default: withDefault(overrides, {}),
  orgs: byKey,
  regions: byKey,
  storeTypes: byKey,
  sites: byKey,
  circuits: byKey,
};
