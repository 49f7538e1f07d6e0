import type { Queryable } from '../database.js';

/** What was told last under a name, and what is true now. */
export interface Moved {
  readonly name: string;
  /** `null`: nothing was told of it yet. */
  readonly was: string | null;
  readonly value: string;
}

const LOCK = 7_340_023;

/** Lets one at a time tell what changed in an org; `false` = another one does. Holds until the end of the transaction. */
export async function lockTelling(tx: Queryable, orgId: number): Promise<boolean> {
  const [row] = await tx.query<{ got: boolean }>('select pg_try_advisory_xact_lock($1, $2) as got', [LOCK, orgId]);
  return row?.got ?? false;
}

/** Compares what is true now with what was told last, keeps it as told, forgets names that are gone, and returns what is another. */
export async function retell(tx: Queryable, orgId: number, now: ReadonlyMap<string, string>): Promise<Moved[]> {
  const values = [orgId, [...now.keys()], [...now.values()]];
  await tx.query(
    'delete from live_told t where org_id = $1 and not exists (select 1 from unnest($2::text[]) as n (name) where n.name = t.name)',
    values.slice(0, 2),
  );
  return tx.query<Moved & Record<string, unknown>>(
    `with moved as (select n.name, t.value as was, n.value from unnest($2::text[], $3::text[]) as n (name, value)
       left join live_told t on t.org_id = $1 and t.name = n.name where t.value is distinct from n.value),
     kept as (insert into live_told (org_id, name, value) select $1, name, value from moved
       on conflict (org_id, name) do update set value = excluded.value)
     select name, was, value from moved order by name`,
    values,
  );
}

/** How often the data of each UTC day changed (RFC 3339 of its beginning), and what holds for every day from an instant on. */
export async function dayRevisions(db: Queryable, orgId: number): Promise<{ name: string; changes: number }[]> {
  return db.query(
    `select case when day is null then 'all:' || case when isfinite(since) then to_char(since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') else '' end
       else 'day:' || to_char(day at time zone 'UTC', 'YYYY-MM-DD') end as name, sum(changes)::float8 as changes
     from data_change where org_id = $1 group by 1`,
    [orgId],
  );
}

/** End of the newest hour that every circuit in use has its facts of; `null` before the first. */
export async function closedUntil(db: Queryable, orgId: number): Promise<Date | null> {
  const [row] = await db.query<{ until: Date | null }>(
    `select min(coalesce(facts_until, date_trunc('hour', first_observed_at))) as until from circuit
     where org_id = $1 and is_live and not disabled`,
    [orgId],
  );
  return row?.until ?? null;
}
