import { type HealthStatus, type Severity, worst } from '../severity.js';

/** What is known of a circuit now. */
export interface CurrentCircuit {
  readonly isFresh: boolean;
  readonly isDisabled: boolean;
  /** null: the state is not known. */
  readonly up: boolean | null;
  readonly isFailedOver: boolean;
  /** Severities of its current metrics. */
  readonly severities: readonly Severity[];
}

export interface WanVerdict {
  readonly status: HealthStatus;
  readonly why: string;
}

/** WAN status of a site from its circuits, with its reason. Disabled circuits do not count, stale ones say nothing. */
export const wanStatus = (circuits: readonly CurrentCircuit[]): WanVerdict => {
  const fresh = circuits.filter((circuit) => circuit.isFresh && !circuit.isDisabled);
  const severity = worst(fresh.flatMap((circuit) => circuit.severities));
  const known = fresh.filter((circuit) => circuit.up !== null);
  if (known.length === 0 && severity === 'unknown') return { status: 'UNKNOWN', why: 'no fresh data' };
  if (known.length > 0 && known.every((circuit) => circuit.up === false)) return { status: 'CRITICAL', why: 'no circuit up' };
  if (severity === 'critical') return { status: 'CRITICAL', why: 'a metric is critical' };
  if (known.some((circuit) => circuit.up === false)) return { status: 'UNHEALTHY', why: 'a circuit is down' };
  if (fresh.some((circuit) => circuit.isFailedOver)) return { status: 'UNHEALTHY', why: 'failed over' };
  if (severity === 'major') return { status: 'UNHEALTHY', why: 'a metric is high' };
  if (severity === 'warning') return { status: 'DEGRADED', why: 'a metric is at warning level' };
  return { status: 'HEALTHY', why: 'within all thresholds' };
};

/** WAN status of a site: with all of its gateways cut off from the cloud the site is down, whatever its circuits said last. */
export const siteWanStatus = (circuits: readonly CurrentCircuit[], isCutOff: boolean): WanVerdict =>
  isCutOff ? { status: 'CRITICAL', why: 'all gateways are disconnected' } : wanStatus(circuits);

export type UtilizationTrend = 'rising' | 'falling' | 'steady' | 'unknown';

/** Points an hour beyond which current utilization is said to rise or fall. */
const TREND_STEP = 5;

/** Trend over the last three closed hours, oldest first: (u3 - u1) / 2 in points an hour. */
export const utilizationTrend = ([first, , third]: readonly [number | null, number | null, number | null]): UtilizationTrend => {
  if (first === null || third === null) return 'unknown';
  const slope = Math.round(((third - first) / 2) * 1e9) / 1e9;
  if (slope > TREND_STEP) return 'rising';
  return slope < -TREND_STEP ? 'falling' : 'steady';
};
