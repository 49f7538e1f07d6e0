import type { EpochMs } from '@app/domain';
import type { Queryable } from '@app/shared';
import { epochMs, msOf } from '../facts/sql-time.js';
import type { Evaluated } from './evaluate.js';
import type { Due } from './runs.js';
import { SEEN } from './sites.repository.js';

/** First key of the advisory locks that let one drain of an org at a time find failovers. */
const FAILOVERS_LOCK = 7_340_061;

/** Held until the transaction ends; others wait. */
export const lockFailovers = (db: Queryable, orgId: number): Promise<unknown> =>
  db.query('select pg_advisory_xact_lock($1, $2)', [FAILOVERS_LOCK, orgId]);

/** Marks become due sites, and so do watched sites of which something newer was seen. Only under the lock. */
export async function collectDue(db: Queryable, orgId: number, maxGapMs: number): Promise<void> {
  await db.query(
    `with taken as (delete from failover_mark where org_id = $1 returning site_ids, from_at, to_at), news as (
       select u.site, t.from_at, t.to_at from taken t cross join lateral unnest(t.site_ids) as u (site)
       union all
       select w.site_id, w.evaluated_to - $2 * interval '1 millisecond', 'infinity' from failover_watch w
       join site s on s.org_id = w.org_id and s.id = w.site_id where w.org_id = $1 and w.seen <> ${SEEN})
     insert into failover_due as d (org_id, site_id, from_at, to_at) select $1, site, min(from_at), max(to_at) from news group by site order by site
     on conflict (org_id, site_id) do update set from_at = least(d.from_at, excluded.from_at), to_at = greatest(d.to_at, excluded.to_at)`,
    [orgId, maxGapMs],
  );
}

/** Takes some of the due sites; they are due again when the transaction fails. */
export async function takeDue(db: Queryable, orgId: number, limit: number): Promise<Due[]> {
  const rows = await db.query<{ site_id: number; from_ms: number; to_ms: number }>(
    `delete from failover_due where org_id = $1 and site_id in (select site_id from failover_due where org_id = $1 order by site_id limit $2)
     returning site_id, ${epochMs('from_at')} as from_ms, ${epochMs('to_at')} as to_ms`,
    [orgId, limit],
  );
  return rows.map(({ site_id, from_ms, to_ms }) => ({ siteId: site_id, from: msOf(from_ms), to: msOf(to_ms) }));
}

/** Sites that are not settled are looked at again with whatever is seen of them next. */
export async function watchSites(db: Queryable, orgId: number, evaluated: readonly Evaluated[], now: EpochMs): Promise<void> {
  const open = evaluated.filter(({ isUnsettled }) => isUnsettled);
  const settled = evaluated.filter(({ isUnsettled }) => !isUnsettled);
  if (settled.length > 0)
    await db.query('delete from failover_watch where org_id = $1 and site_id = any($2)', [
      orgId,
      settled.map(({ site }) => site.id),
    ]);
  if (open.length === 0) return;
  await db.query(
    `insert into failover_watch (org_id, site_id, evaluated_to, seen)
     select $1, u.* from unnest($2::int[], $3::timestamptz[], $4::numeric[]) as u (site, until, seen)
     on conflict (org_id, site_id) do update set evaluated_to = excluded.evaluated_to, seen = excluded.seen`,
    [
      orgId,
      open.map(({ site }) => site.id),
      open.map((each) => new Date(lastSeen(each) ?? now)),
      open.map(({ site }) => site.seen),
    ],
  );
}

const lastSeen = ({ site }: Evaluated): EpochMs | null =>
  site.circuits.reduce<EpochMs | null>(
    (last, { lastObservedAt }) => (lastObservedAt === null ? last : Math.max(lastObservedAt, last ?? -Infinity)),
    null,
  );
