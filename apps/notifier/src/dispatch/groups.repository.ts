import { MANY_SITES_PREFIX, type EpochMs, type OpenGroups } from '@app/domain';
import type { Queryable } from '@app/shared';

/** First key of the advisory locks under which one notifier at a time groups the alerts of an org. */
const GROUPING_LOCK = 7_340_031;

/** Held until the transaction ends: two notifiers that group at once would each open an incident of many sites. */
export async function lockGrouping(db: Queryable, orgId: number): Promise<void> {
  await db.query('select pg_advisory_xact_lock($1, $2)', [GROUPING_LOCK, orgId]);
}

/** Where the WAN alerts of these sites are, and how much opened since `recently`. */
export async function readOpenGroups(
  db: Queryable,
  orgId: number,
  siteIds: readonly number[],
  recently: EpochMs,
): Promise<OpenGroups> {
  if (siteIds.length === 0) return { ofSite: new Map(), recentSites: 0, many: null };
  const ofSite = await db.query<{ siteId: number; groupKey: string }>(
    `select distinct on (a.site_id) a.site_id as "siteId", i.group_key as "groupKey"
     from incident i join incident_alert ia on ia.org_id = i.org_id and ia.incident_id = i.id
     join alert a on a.org_id = ia.org_id and a.id = ia.alert_id
     where i.org_id = $1 and i.resolved_at is null and a.rule <> 'sle' and a.status <> 'resolved' and a.site_id = any($2)
     order by a.site_id, i.id`,
    [orgId, siteIds],
  );
  const [counts] = await db.query<{ recentSites: number; many: string | null }>(
    `select count(*) filter (where i.group_key like 'wan:site:%' and i.opened_at > $3) as "recentSites",
       max(i.group_key) filter (where i.group_key like $2 || '%' and exists (
         select 1 from incident_alert ia where ia.org_id = i.org_id and ia.incident_id = i.id and ia.joined_at > $3)) as many
     from incident i where i.org_id = $1 and i.resolved_at is null`,
    [orgId, MANY_SITES_PREFIX, new Date(recently)],
  );
  return {
    ofSite: new Map(ofSite.map(({ siteId, groupKey }) => [siteId, groupKey])),
    recentSites: counts?.recentSites ?? 0,
    many: counts?.many ?? null,
  };
}
