import type { SiteNow } from '@app/shared';
import { nullOr, orNull, timeOf } from '../http/answers.js';

const seconds = (ms: number | null): number | null => (ms === null ? null : Math.floor(ms / 1000));

/** Status of a site with its parts, in the API's words. */
export const siteHealthJson = (site: SiteNow) => ({
  id: site.row.externalId,
  name: site.row.name,
  region: site.region,
  status: site.status,
  parts: { wifi: site.parts.wifi, wan_sle: site.parts.wanSle, wan: site.parts.wan },
  wan_reason: site.wanWhy,
  data_age_s: seconds(site.dataAgeMs),
  stale_reason: site.staleReason,
});

const failedOverSince = ({ circuits }: SiteNow): Date | null =>
  circuits.flatMap(({ failover }) => failover?.startedAt ?? []).sort((a, b) => a.getTime() - b.getTime())[0] ?? null;

export const siteJson = (site: SiteNow) => ({
  ...siteHealthJson(site),
  store_type: site.row.storeType,
  country_code: site.row.countryCode,
  timezone: site.row.timezone,
  circuits: site.circuits.length,
  circuits_down: site.circuits.filter(({ state, row }) => state === 'down' && !row.disabled).length,
  failed_over_since: timeOf(failedOverSince(site)),
  carried_by: site.carriedBy?.id ?? null,
  utilization_pct: site.utilizationPct,
});

export const SITE_HEALTH_EXAMPLE = {
  id: 'site-1',
  name: orNull('Alder Street'),
  region: 'North',
  status: 'UNHEALTHY',
  parts: { wifi: 'HEALTHY', wan_sle: 'HEALTHY', wan: 'UNHEALTHY' },
  wan_reason: orNull('a circuit is down'),
  data_age_s: orNull(64),
  stale_reason: nullOr('text'),
};

export const SITE_EXAMPLE = {
  ...SITE_HEALTH_EXAMPLE,
  store_type: orNull('flagship'),
  country_code: orNull('DE'),
  timezone: orNull('Europe/Berlin'),
  circuits: 2,
  circuits_down: 1,
  failed_over_since: orNull('2026-03-01T10:03:00Z'),
  carried_by: orNull('020000000101:ge-0/0/1'),
  utilization_pct: orNull(61.5),
};
