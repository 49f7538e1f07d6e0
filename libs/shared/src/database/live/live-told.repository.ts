import type { Queryable } from '../database.js';

/** What was told last under a name, and what is true now. */
export interface Moved {
  readonly name: string;
  /** `null`: nothing was told of it yet. */
  readonly was: string | null;
  readonly value: string;
}

/** A name that is none: counts how often an org was told of. */
const TURNS = '';

/** What was known before somebody looks at what is true. */
export interface ToldBefore {
  readonly turn: number;
  /** What was told last under the name that was asked for. */
  readonly value: string | null;
}

/** To be asked before what is true is read. */
export async function toldBefore(db: Queryable, orgId: number, name: string): Promise<ToldBefore> {
  const [row] = await db.query<{ turns: string | null; value: string | null }>(
    `select max(value) filter (where name = $2) as turns, max(value) filter (where name = $3) as value
     from live_told where org_id = $1 and name in ($2, $3)`,
    [orgId, TURNS, name],
  );
  return { turn: Number(row?.turns ?? 0), value: row?.value ?? null };
}

/**
 * Lets one at a time tell what changed in an org, until the end of the transaction. `false` = another one did since `turn` was asked for: what was read
 * after that may be older than what is told by now.
 */
export async function takeTurn(tx: Queryable, orgId: number, turn: number): Promise<boolean> {
  const taken = await tx.query(
    `insert into live_told as t (org_id, name, value) values ($1, $2, $3) on conflict (org_id, name) do update set value = excluded.value
     where t.value = $4 returning 1 as one`,
    [orgId, TURNS, String(turn + 1), String(turn)],
  );
  return taken.length > 0;
}

/** Compares what is true now with what was told last, keeps it as told, forgets names that are gone, and returns what is another. */
export async function retell(tx: Queryable, orgId: number, now: ReadonlyMap<string, string>): Promise<Moved[]> {
  await tx.query(
    'delete from live_told t where org_id = $1 and name <> $3 and not exists (select 1 from unnest($2::text[]) as n (name) where n.name = t.name)',
    [orgId, [...now.keys()], TURNS],
  );
  return tx.query<Moved & Record<string, unknown>>(
    `with moved as (select n.name, t.value as was, n.value from unnest($2::text[], $3::text[]) as n (name, value)
       left join live_told t on t.org_id = $1 and t.name = n.name where t.value is distinct from n.value),
     kept as (insert into live_told (org_id, name, value) select $1, name, value from moved
       on conflict (org_id, name) do update set value = excluded.value)
     select name, was, value from moved order by name`,
    [orgId, [...now.keys()], [...now.values()]],
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
