import type { Queryable } from './database.js';

/** Two circuits about to become one: `kept` goes on under the identity of `joined`. */
export interface Joining {
  readonly orgId: number;
  readonly kept: number;
  readonly joined: number;
  /** From here on the joined one counts, before it the kept one. */
  readonly seam: Date;
}

/** Rows by what they are; names are those of the answer. */
export interface Moved {
  readonly samples: number;
  readonly events: number;
  readonly paths: number;
  readonly hours: number;
  readonly states: number;
  readonly attributes: number;
}

const count = async (db: Queryable, statement: string, values: readonly unknown[]): Promise<number> => {
  const [row] = await db.query<{ count: number }>(
    `with touched as (${statement} returning 1) select count(*)::int as count from touched`,
    values,
  );
  return row?.count ?? 0;
};

/** Observations on the wrong side of the seam. Returns how many there were. */
export async function dropOutside(db: Queryable, { orgId, kept, joined, seam }: Joining): Promise<number> {
  let dropped = 0;
  for (const table of ['port_sample', 'port_event']) {
    dropped += await count(db, `delete from ${table} where org_id = $1 and circuit_id = $2 and at >= $3`, [orgId, kept, seam]);
    dropped += await count(db, `delete from ${table} where org_id = $1 and circuit_id = $2 and at < $3`, [orgId, joined, seam]);
  }
  return dropped;
}

/** Peer paths go by gateway and port or WAN name: those of the kept circuit's past come under the gateway it has now. */
export async function movePaths(db: Queryable, { orgId, kept, joined, seam }: Joining): Promise<number> {
  return count(
    db,
    `update path_sample p set device_id = w.new_device, port_name = w.new_name from (
       select od.id as device, k.name, nd.id as new_device, case when k.name = o.port_id then n.port_id else k.name end as new_name, k.since, k.until
       from circuit o join device od on od.org_id = o.org_id and od.mac = o.mac
       join circuit n on n.org_id = o.org_id and n.id = $3 join device nd on nd.org_id = n.org_id and nd.mac = n.mac
       cross join lateral (
         select o.port_id as name, '-infinity'::timestamptz as since, 'infinity'::timestamptz as until
         union all
         select a.name, a.since, coalesce(lead(a.since) over (order by a.since), 'infinity') from circuit_attribute a
         where a.org_id = $1 and a.circuit_id = $2 and a.source = 'mist') k
       where o.org_id = $1 and o.id = $2 and k.name is not null) w
     where p.org_id = $1 and p.device_id = w.device and p.port_name = w.name and p.at >= w.since and p.at < least(w.until, $4)
       and (w.device, w.name) <> (w.new_device, w.new_name)
       and not exists (select 1 from path_sample x where x.org_id = $1 and x.device_id = w.new_device and x.port_name = w.new_name
         and x.at = p.at and x.peer = p.peer)`,
    [orgId, kept, joined, seam],
  );
}

export async function moveObservations(
  db: Queryable,
  { orgId, kept, joined }: Joining,
): Promise<Pick<Moved, 'samples' | 'events'>> {
  const move = (table: string): Promise<number> =>
    count(db, `update ${table} set circuit_id = $2 where org_id = $1 and circuit_id = $3`, [orgId, kept, joined]);
  return { samples: await move('port_sample'), events: await move('port_event') };
}

/** Of an hour that both have, the fact that covers more stays; else the one that knows more of the state; else the one of its side of the seam. */
export async function moveHours(db: Queryable, joining: Joining): Promise<number> {
  const { orgId, kept, joined, seam } = joining;
  const rank = (alias: string, isOfSide: string): string =>
    `(${alias}.covered_ms, ${alias}.up_ms + ${alias}.down_ms, (${isOfSide})::int)`;
  const both = 'k.org_id = $1 and k.circuit_id = $2 and j.org_id = $1 and j.circuit_id = $3 and j.hour = k.hour';
  const joinedWins = `${rank('j', `j.hour >= date_trunc('hour', $4::timestamptz, 'UTC')`)} > ${rank('k', `k.hour < date_trunc('hour', $4::timestamptz, 'UTC')`)}`;
  const values = [orgId, kept, joined, seam];
  await db.query(`delete from circuit_hour k using circuit_hour j where ${both} and ${joinedWins}`, values);
  await db.query(`delete from circuit_hour j using circuit_hour k where ${both}`, values.slice(0, 3));
  await moveSketches(db, joining);
  await movePathHours(db, joining);
  return count(db, 'update circuit_hour set circuit_id = $2 where org_id = $1 and circuit_id = $3', [orgId, kept, joined]);
}

/** Sketches of hours; those of hours that are computed again are made anew. */
async function moveSketches(db: Queryable, { orgId, kept, joined, seam }: Joining): Promise<void> {
  const both = 'k.org_id = $1 and k.circuit_id = $2 and j.org_id = $1 and j.circuit_id = $3 and j.hour = k.hour';
  await db.query(
    `delete from hour_sketch k using hour_sketch j where ${both} and k.hour >= date_trunc('hour', $4::timestamptz, 'UTC')`,
    [orgId, kept, joined, seam],
  );
  await db.query(`delete from hour_sketch j using hour_sketch k where ${both}`, [orgId, kept, joined]);
  await db.query('update hour_sketch set circuit_id = $2 where org_id = $1 and circuit_id = $3', [orgId, kept, joined]);
}

/** Hours of peer paths; of one that both have, the one of its side of the seam stays. */
async function movePathHours(db: Queryable, { orgId, kept, joined, seam }: Joining): Promise<void> {
  const both =
    'k.org_id = $1 and k.circuit_id = $2 and j.org_id = $1 and j.circuit_id = $3 and j.hour = k.hour and j.peer = k.peer';
  await db.query(
    `delete from path_hour k using path_hour j where ${both} and k.hour >= date_trunc('hour', $4::timestamptz, 'UTC')`,
    [orgId, kept, joined, seam],
  );
  await db.query(`delete from path_hour j using path_hour k where ${both}`, [orgId, kept, joined]);
  await db.query('update path_hour set circuit_id = $2 where org_id = $1 and circuit_id = $3', [orgId, kept, joined]);
}

/** State intervals are cut at the seam. */
export async function moveStates(db: Queryable, { orgId, kept, joined, seam }: Joining): Promise<number> {
  await db.query('delete from circuit_state where org_id = $1 and circuit_id = $2 and from_at >= $3', [orgId, kept, seam]);
  await db.query('update circuit_state set to_at = $3 where org_id = $1 and circuit_id = $2 and to_at > $3', [orgId, kept, seam]);
  await db.query('delete from circuit_state where org_id = $1 and circuit_id = $2 and to_at <= $3', [orgId, joined, seam]);
  await db.query('update circuit_state set from_at = $3 where org_id = $1 and circuit_id = $2 and from_at < $3', [
    orgId,
    joined,
    seam,
  ]);
  return count(db, 'update circuit_state set circuit_id = $2 where org_id = $1 and circuit_id = $3', [orgId, kept, joined]);
}

const ATTRIBUTES = ['name', 'role', 'provider', 'type', 'bandwidth_down_mbps', 'bandwidth_up_mbps'];

/**
 * Dated attributes of both; at the same date the joined circuit's count. What the joined one says "since ever" holds from the seam on, where the
 * kept one says something of its own: the new gateway tells nothing of the years before it came.
 */
export async function moveAttributes(db: Queryable, { orgId, kept, joined, seam }: Joining): Promise<number> {
  const dated = (isOpen: string, since: string): string => `
    select j.source, ${since} as since, j.until, ${ATTRIBUTES.map((column) => `case when ${isOpen.replaceAll('COLUMN', column)} then j.${column} end as ${column}`).join(', ')}
    from circuit_attribute j where j.org_id = $1 and j.circuit_id = $3`;
  const said = `exists (select 1 from circuit_attribute k where k.org_id = $1 and k.circuit_id = $2 and k.source = j.source and k.since < $4 and k.COLUMN is not null)`;
  const moved = await count(
    db,
    `insert into circuit_attribute as a (org_id, circuit_id, source, since, until, ${ATTRIBUTES.join(', ')})
     select $1, $2, t.source, t.since, (array_agg(t.until order by t.is_own desc))[1], ${ATTRIBUTES.map((column) => `(array_agg(t.${column} order by t.is_own desc) filter (where t.${column} is not null))[1]`).join(', ')}
     from (
       select d.*, true as is_own from (${dated('true', 'j.since')} and isfinite(j.since)) d
       union all select d.*, true from (${dated(`not ${said}`, 'j.since')} and not isfinite(j.since)) d
       union all select d.*, false from (${dated(said, '$4::timestamptz')} and not isfinite(j.since) and j.until > $4) d) t
     where num_nonnulls(${ATTRIBUTES.map((column) => `t.${column}`).join(', ')}) > 0
     group by t.source, t.since
     on conflict (org_id, circuit_id, source, since) do update set until = excluded.until,
       ${ATTRIBUTES.map((column) => `${column} = coalesce(excluded.${column}, a.${column})`).join(', ')}`,
    [orgId, kept, joined, seam],
  );
  await db.query('delete from circuit_attribute where org_id = $1 and circuit_id = $2', [orgId, joined]);
  return moved;
}

/** Whatever was folded from these hours of either is folded again; rows of a circuit that is gone fold to nothing. Call it before the hours move. */
export async function markBoth(db: Queryable, { orgId, kept, joined, seam }: Joining): Promise<void> {
  await db.query(
    `insert into rollup_mark (org_id, circuit_id, from_hour, to_hour)
     select $1, id.id, least(h.first, date_trunc('hour', $4::timestamptz, 'UTC')), greatest(h.last, date_trunc('hour', $4::timestamptz, 'UTC'))
     from unnest(array[$2, $3]::int[]) as id (id) cross join lateral (
       select min(hour) as first, max(hour) as last from circuit_hour where org_id = $1 and circuit_id = $3) h`,
    [orgId, kept, joined, seam],
  );
}
