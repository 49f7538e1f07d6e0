import type { EpochMs } from '@app/domain';
import type { Queryable } from '@app/shared';

/** The group that WAN alerts of these sites are told in now: an outage if there is one, else the site's own. Locked, so that none closes meanwhile. */
export async function readOpenGroups(db: Queryable, orgId: number, siteIds: readonly number[]): Promise<Map<number, string>> {
  if (siteIds.length === 0) return new Map();
  const rows = await db.query<{ siteId: number; groupKey: string }>(
    `with home as materialized (
       select a.site_id, i.id, i.group_key, i.cause_kind
       from alert a join incident_alert ia on ia.org_id = a.org_id and ia.alert_id = a.id and ia.moved_at is null
       join incident i on i.org_id = ia.org_id and i.id = ia.incident_id
       where a.org_id = $1 and a.site_id = any($2) and a.status <> 'resolved' and i.resolved_at is null
         and (i.cause_kind is not null or i.group_key = 'wan:site:' || a.site_id)
       order by i.id for update of i)
     select distinct on (site_id) site_id as "siteId", group_key as "groupKey" from home order by site_id, cause_kind is null, id`,
    [orgId, siteIds],
  );
  return new Map(rows.map(({ siteId, groupKey }) => [siteId, groupKey]));
}

/** Regions and carriers of alerts, as of now; configured values go before those of Mist. */
export async function readPlaces(
  db: Queryable,
  orgId: number,
  alertIds: readonly number[],
  now: EpochMs,
): Promise<Map<number, { region: string | null; provider: string | null }>> {
  if (alertIds.length === 0) return new Map();
  const newest = (table: string, column: string, key: string) =>
    `(select t.${column} from ${table} t where t.org_id = a.org_id and t.${key} and t.since <= $3 and t.${column} is not null
      order by t.source, t.since desc limit 1)`;
  const rows = await db.query<{ id: number; region: string | null; provider: string | null }>(
    `select a.id, coalesce(${newest('site_attribute', 'region', 'site_id = a.site_id')}, nullif(s.country_code, '')) as region,
       ${newest('circuit_attribute', 'provider', 'circuit_id = a.circuit_id')} as provider
     from alert a left join site s on s.org_id = a.org_id and s.id = a.site_id where a.org_id = $1 and a.id = any($2)`,
    [orgId, alertIds, new Date(now)],
  );
  return new Map(rows.map(({ id, region, provider }) => [id, { region, provider }]));
}
