import type { Joining } from './circuit-link.moves.js';
import type { Queryable } from './database.js';

const NAMES_JOINED = `exists (select 1 from jsonb_array_elements(f.changes) e where (e ->> 'circuitId')::int = $3)`;
const RENAMED = `(select coalesce(jsonb_agg(case when (e ->> 'circuitId')::int = $3 then jsonb_set(e, '{circuitId}', to_jsonb($2::int)) else e end order by n), '[]')
  from jsonb_array_elements(f.changes) with ordinality as x (e, n))`;

/**
 * Failovers go on under the circuit that is kept. Those between the two were none: it was one circuit all along. Where both have one of the same start,
 * or one open, that of the kept circuit stays. The sites are looked at again from the change on.
 */
export async function moveFailovers(db: Queryable, { orgId, kept, joined, seam }: Joining, now: Date): Promise<void> {
  const ids = [orgId, kept, joined];
  await db.query('delete from failover where org_id = $1 and primary_id in ($2, $3) and backup_id in ($2, $3)', ids);
  await db.query(
    `delete from failover j using failover k where j.org_id = $1 and j.primary_id = $3 and k.org_id = $1 and k.primary_id = $2
       and (k.started_at = j.started_at or (k.ended_at is null and j.ended_at is null))`,
    ids,
  );
  await db.query(
    `update failover f set primary_id = case when primary_id = $3 then $2 else primary_id end,
       backup_id = case when backup_id = $3 then $2 else backup_id end, changes = ${RENAMED}
     where f.org_id = $1 and (f.primary_id = $3 or f.backup_id = $3 or (f.site_id in (select site_id from circuit where org_id = $1 and id in ($2, $3)) and ${NAMES_JOINED}))`,
    ids,
  );
  await db.query(
    `insert into failover_mark (org_id, site_ids, from_at, to_at)
     select $1, array_agg(distinct site_id), $4, $5 from circuit where org_id = $1 and id in ($2, $3)`,
    [...ids, seam, now],
  );
}
