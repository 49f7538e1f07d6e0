import type { EpochMs } from '@app/domain';
import type { Queryable } from '@app/shared';

/**
 * Of these circuits, those that may have changed between up and down so often since a time: never fewer than there are, and cheap to ask. Each
 * event may be a change; between two polls there was one when their states differ, and two when the port says that it flapped in between.
 */
export async function maybeFlapping(
  db: Queryable,
  orgId: number,
  { circuitIds, since, changes }: { circuitIds: readonly number[]; since: EpochMs; changes: number },
): Promise<number[]> {
  if (circuitIds.length === 0) return [];
  const rows = await db.query<{ id: number }>(
    `select u.id from unnest($2::int[]) as u (id)
     where (select count(*) from port_event e where e.org_id = $1 and e.circuit_id = u.id and e.at >= $3)
       + coalesce((select sum(case when s.up <> s.up_before then 1 when s.flapped > coalesce(s.flapped_before, '-infinity') and s.flapped >= $3 then 2 else 0 end)
         from (select p.up, lag(p.up) over w as up_before, p.last_flapped_at as flapped, lag(p.last_flapped_at) over w as flapped_before
           from port_sample p where p.org_id = $1 and p.circuit_id = u.id and p.at >= $3 window w as (order by p.at)) s), 0) + 1 >= $4`,
    [orgId, circuitIds, new Date(since), changes],
  );
  return rows.map(({ id }) => id);
}

/** Circuits whose flapping alert is open. */
export async function openFlapping(db: Queryable, orgId: number): Promise<number[]> {
  const rows = await db.query<{ id: number }>(
    `select circuit_id as id from alert where org_id = $1 and rule = 'flapping' and status <> 'resolved' and circuit_id is not null`,
    [orgId],
  );
  return rows.map(({ id }) => id);
}
