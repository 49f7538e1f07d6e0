import type { EpochMs } from '../sample.js';
import { HEALTH_STATUSES, type HealthStatus, type Severity, worst } from '../severity.js';
import { MINUTE_MS } from '../time/bucket.js';

const STATUS_OF: Readonly<Record<Severity, HealthStatus>> = {
  unknown: 'UNKNOWN',
  info: 'HEALTHY',
  warning: 'DEGRADED',
  major: 'UNHEALTHY',
  critical: 'CRITICAL',
};

/** Status that the worst of the severities stands for; nothing known is UNKNOWN. */
export const statusOfSeverities = (severities: Iterable<Severity>): HealthStatus => STATUS_OF[worst(severities)];

/** The worst of the statuses; UNKNOWN counts only where nothing else is said. The one rule for sites, regions and organizations. */
export const worstStatus = (statuses: Iterable<HealthStatus>): HealthStatus => {
  let result: HealthStatus = 'UNKNOWN';
  for (const status of statuses) if (HEALTH_STATUSES.indexOf(status) > HEALTH_STATUSES.indexOf(result)) result = status;
  return result;
};

/** A site that needs somebody: neither HEALTHY nor UNKNOWN. */
export const isDegraded = (status: HealthStatus): boolean => status !== 'HEALTHY' && status !== 'UNKNOWN';

/** Beyond this age a score says nothing any more: two intervals and five minutes. */
export const staleAfterMs = (intervalMs: number): number => 2 * intervalMs + 5 * MINUTE_MS;

export const isStale = (at: EpochMs, now: EpochMs, intervalMs: number): boolean => now - at > staleAfterMs(intervalMs);

export interface SleHealth {
  readonly status: HealthStatus;
  /** Age of the newest judgement, fresh or not; null when there never was one. */
  readonly ageMs: number | null;
}

/** Health of a site from its newest insight per metric: stale ones no longer count, and with none left it is UNKNOWN. */
export const sleHealth = (
  insights: Iterable<{ readonly at: EpochMs; readonly severity: Severity }>,
  now: EpochMs,
  intervalMs: number,
): SleHealth => {
  const fresh: Severity[] = [];
  let newest: EpochMs | null = null;
  for (const { at, severity } of insights) {
    if (newest === null || at > newest) newest = at;
    if (!isStale(at, now, intervalMs)) fresh.push(severity);
  }
  return { status: statusOfSeverities(fresh), ageMs: newest === null ? null : now - newest };
};

export interface SiteParts {
  readonly wifi: HealthStatus;
  readonly wanSle: HealthStatus;
  readonly wan: HealthStatus;
}

/** Status of a site: the worst of Wi-Fi, WAN SLE and WAN. */
export const siteStatus = ({ wifi, wanSle, wan }: SiteParts): HealthStatus => worstStatus([wifi, wanSle, wan]);
