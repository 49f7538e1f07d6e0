import type { KpiId } from '../kpi/catalogue.js';
import type { SleMetric } from '../sle/metrics.js';
import type { Thresholds } from './threshold.js';

/** Everything that thresholds can be set for. */
export type ThresholdMetric = KpiId | SleMetric;

const WIFI_SLE: Thresholds = { warning: 0.9, major: 0.8, critical: 0.7 };
const WAN_SLE: Thresholds = { warning: 0.95, major: 0.8, critical: 0.6 };

/** The only threshold numbers of the code; configuration lays others over them key by key. */
export const DEFAULT_THRESHOLDS: Readonly<Record<ThresholdMetric, Thresholds>> = {
  utilization: { warning: 70, major: 80, critical: 90 },
  loss: { warning: 0.1, major: 0.5, critical: 1 },
  jitter: { warning: 10, major: 30, critical: 50 },
  latency: { warning: 50, major: 100, critical: 150 },
  availability: { warning: 99.9, major: 99.5, critical: 99 },
  flaps: { warning: 2, major: 5, critical: 10 },
  'time-to-connect': WIFI_SLE,
  'successful-connect': WIFI_SLE,
  coverage: WIFI_SLE,
  roaming: WIFI_SLE,
  throughput: WIFI_SLE,
  capacity: WIFI_SLE,
  'ap-health': WIFI_SLE,
  'gateway-health': WAN_SLE,
  'wan-link-health': WAN_SLE,
  'application-health': WAN_SLE,
};
