import { bucketOf, HOUR_MS, trailingHours, type EpochMs, type SiteHealth } from '@app/domain';
import type { Queryable } from '@app/shared';

export type JudgedHealth = SiteHealth & { readonly isOpen: boolean };

/**
 * Health of all sites that are read, over the 24 hours before `end` and over the last whole day of the zone whose days are stored. Sites that only
 * an import knows alarm nobody.
 */
export async function healthOfSites(db: Queryable, orgId: number, end: EpochMs): Promise<JudgedHealth[]> {
  const [state] = await db.query<{ timezone: string }>('select timezone from sle_history_state where org_id = $1', [orgId]);
  if (state === undefined) return [];
  const today = bucketOf(end, 'day', state.timezone);
  const yesterday = bucketOf(today.from - HOUR_MS, 'day', state.timezone);
  const { from, to } = trailingHours(end, 24);
  return db.query<JudgedHealth>(
    `select s.id as "siteId", coalesce(s.name, s.external_id) as "siteName", r.running as "running24h", r.known as "knownHours", r.newest,
       d.score as "previousDay", coalesce(d.hours, 0) as "previousHours",
       exists (select 1 from alert a where a.org_id = s.org_id and a.rule = 'sle' and a.subject = 'site:' || s.id
         and a.status in ('firing', 'acknowledged')) as "isToldAsSle",
       exists (select 1 from alert a where a.org_id = s.org_id and a.rule = 'health-drop' and a.subject = 'site:' || s.id
         and a.status <> 'resolved') as "isOpen"
     from site s
     cross join lateral (select avg(h.score) as running, count(h.score)::integer as known,
       (array_agg(h.score order by h.hour desc) filter (where h.score is not null))[1] as newest
       from health_hour h where h.org_id = s.org_id and h.site_id = s.id and h.hour >= $2 and h.hour < $3) r
     left join health_day d on d.org_id = s.org_id and d.site_id = s.id and d.start = $4
     where s.org_id = $1 and s.removed_at is null and s.observed_at is not null`,
    [orgId, new Date(from), new Date(to), new Date(yesterday.from)],
  );
}
