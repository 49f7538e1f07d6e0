import {
  type AffectedSite,
  type CauseKind,
  type EpochMs,
  type OpenOutage,
  type OutageTotals,
  type PlannedOutage,
} from '@app/domain';
import type { Queryable } from '@app/shared';
import { causeWords } from './describe-incident.js';

/** Where and as of when outages are looked for; what joined after `recently` belongs to one event. */
export interface OutageScope {
  readonly orgId: number;
  readonly now: EpochMs;
  readonly recently: EpochMs;
}

const WAN_EVIDENCE = `a.rule in ('site-down', 'circuit-down')`;
const FOLDABLE = `(i.group_key like 'wan:site:%' or i.cause_kind is not null)`;
const ORDER = `order by t.source, t.since desc limit 1`;

/** What a circuit `c` is of, and a site `s`, as of `$2`; configured values go before those of Mist. */
const PROVIDER = `(select t.provider from circuit_attribute t where t.org_id = c.org_id and t.circuit_id = c.id and t.since <= $2
  and t.provider is not null ${ORDER})`;
const REGION = `coalesce((select t.region from site_attribute t where t.org_id = s.org_id and t.site_id = s.id and t.since <= $2
  and t.region is not null ${ORDER}), nullif(s.country_code, ''))`;

/** Sites that lost circuits: lately, or in an outage that is still open. A site that fell without a word about its circuits lost all of them. */
export function readAffected(db: Queryable, { orgId, now, recently }: OutageScope): Promise<AffectedSite[]> {
  return db.query<AffectedSite>(
    `with member as materialized (
       select a.site_id, a.circuit_id, a.rule, ia.joined_at > $3 as is_recent, case when i.cause_kind is not null then i.id end as outage_id
       from incident i join incident_alert ia on ia.org_id = i.org_id and ia.incident_id = i.id and ia.moved_at is null
       join alert a on a.org_id = ia.org_id and a.id = ia.alert_id
       where i.org_id = $1 and i.resolved_at is null and ${FOLDABLE}
         and (i.cause_kind is not null or ia.joined_at > $3) and a.status in ('firing', 'acknowledged') and a.site_id is not null and ${WAN_EVIDENCE}
     ), hit as materialized (
       select site_id, max(outage_id) as outage_id, bool_or(is_recent) as is_recent, bool_or(rule = 'circuit-down') as has_circuit
       from member group by site_id
     ), lost as (
       select site_id, circuit_id from member where rule = 'circuit-down'
       union
       select h.site_id, c.id from hit h join circuit c on c.org_id = $1 and c.site_id = h.site_id where not h.has_circuit and c.is_live and not c.disabled
     ), carrier as (
       select l.site_id, array_agg(distinct coalesce(${PROVIDER}, '')) as names
       from lost l left join circuit c on c.org_id = $1 and c.id = l.circuit_id group by l.site_id
     )
     select h.site_id as "siteId", h.outage_id as "outageId", h.is_recent as "isRecent",
       exists (select 1 from alert p where p.org_id = $1 and p.site_id = h.site_id and p.rule = 'site-down' and p.status <> 'resolved') as "isDown",
       ${REGION} as region,
       coalesce((select array_agg(nullif(name, '')) from unnest(carrier.names) as name), '{}') as providers
     from hit h left join carrier on carrier.site_id = h.site_id left join site s on s.org_id = $1 and s.id = h.site_id order by h.site_id`,
    [orgId, new Date(now), new Date(recently)],
  );
}

/** How many sites there are in all, by carrier and by region. */
export async function readOutageTotals(db: Queryable, { orgId, now }: OutageScope): Promise<OutageTotals> {
  const rows = await db.query<{ kind: 'org' | 'carrier' | 'region'; name: string | null; count: number }>(
    `with live as materialized (select s.id, ${REGION} as region from site s where s.org_id = $1 and s.removed_at is null)
     select 'org' as kind, null as name, count(*) as count from live
     union all select 'region', region, count(*) from live where region is not null group by region
     union all select 'carrier', provider, count(distinct site_id) from (
       select c.site_id, ${PROVIDER} as provider from circuit c join live on live.id = c.site_id where c.org_id = $1 and c.is_live and not c.disabled
     ) circuits where provider is not null group by provider`,
    [orgId, new Date(now)],
  );
  const ofKind = (wanted: string): Map<string, number> =>
    new Map(rows.flatMap(({ kind, name, count }) => (kind === wanted && name !== null ? [[name, count] as const] : [])));
  return {
    sites: rows.find(({ kind }) => kind === 'org')?.count ?? 0,
    ofCarrier: ofKind('carrier'),
    ofRegion: ofKind('region'),
  };
}

/** The open incidents of several sites. */
export async function readOpenOutages(db: Queryable, orgId: number): Promise<OpenOutage[]> {
  const rows = await db.query<{ id: number; kind: CauseKind; name: string | null; isTold: boolean }>(
    `select id, cause_kind as kind, cause_name as name, notified_at is not null as "isTold"
     from incident where org_id = $1 and resolved_at is null and cause_kind is not null order by id`,
    [orgId],
  );
  return rows.map(({ id, kind, name, isTold }) => ({ id, isTold, cause: { kind, name } }));
}

/**
 * Locks what a plan may touch, always in one order: whoever judges one of these incidents just now finishes first. Returns the incidents that
 * are open still; an outage that was closed meanwhile takes nobody in.
 */
export async function lockFoldable(db: Queryable, orgId: number, plan: readonly PlannedOutage[]): Promise<Set<number>> {
  const outages = plan.flatMap(({ id }) => id ?? []);
  const rows = await db.query<{ id: number }>(
    `select i.id from incident i where i.org_id = $1 and i.resolved_at is null and (i.id = any($2) or i.id in (
       select ia.incident_id from alert a join incident_alert ia on ia.org_id = a.org_id and ia.alert_id = a.id and ia.moved_at is null
       where a.org_id = $1 and a.site_id = any($3) and a.status <> 'resolved'))
     order by i.id for update`,
    [orgId, outages, plan.flatMap(({ siteIds }) => siteIds)],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Opens an outage; what its sites waited already counts as its own wait. */
export async function openOutage(
  db: Queryable,
  { orgId, now }: OutageScope,
  { cause, siteIds }: PlannedOutage,
  groupWaitMs: number,
): Promise<number> {
  const [row] = await db.query<{ id: number }>(
    `with first as (
       select coalesce(min(i.opened_at), $2) as at from alert a
       join incident_alert ia on ia.org_id = a.org_id and ia.alert_id = a.id and ia.moved_at is null
       join incident i on i.org_id = ia.org_id and i.id = ia.incident_id
       where a.org_id = $1 and a.site_id = any($3) and a.status <> 'resolved' and i.resolved_at is null and i.notified_at is null and ${FOLDABLE}
     )
     insert into incident (org_id, group_key, title, severity, opened_at, due_at, cause_kind, cause_name)
     select $1, 'outage:' || gen_random_uuid(), $7, 'major', at, at + $4 * interval '1 millisecond', $5, $6 from first returning id`,
    [orgId, new Date(now), siteIds, groupWaitMs, cause.kind, cause.name, causeWords(cause) ?? 'Several sites'],
  );
  if (row === undefined) throw new Error('The outage was not stored.');
  return row.id;
}

/** Moves what the sites lost lately into the outage. Returns the incidents it came from. */
export async function moveMembers(
  db: Queryable,
  { orgId, now, recently }: OutageScope,
  outageId: number,
  siteIds: readonly number[],
): Promise<number[]> {
  const rows = await db.query<{ id: number }>(
    `with moving as (
       update incident_alert ia set moved_at = $2 from incident i, alert a
       where a.org_id = $1 and a.site_id = any($5) and a.status <> 'resolved' and ia.org_id = $1 and ia.alert_id = a.id and ia.moved_at is null
         and i.org_id = $1 and i.id = ia.incident_id and i.resolved_at is null and i.id <> $4 and ${FOLDABLE}
         and (ia.joined_at > $3 or i.cause_kind is not null)
       returning ia.incident_id, ia.alert_id, ia.severity, ia.joined_at, ia.told_at
     ), put as (
       insert into incident_alert (org_id, incident_id, alert_id, severity, joined_at, told_at)
       select distinct on (alert_id) $1::integer, $4::bigint, alert_id, severity, joined_at, told_at from moving order by alert_id, joined_at
       on conflict (org_id, incident_id, alert_id) do update set moved_at = null
     )
     select distinct incident_id as id from moving`,
    [orgId, new Date(now), new Date(recently), outageId, siteIds],
  );
  return rows.map(({ id }) => id);
}

/** Ends the incidents that have nothing left of their own: they go on in the outage, and nobody is told that they were over. */
export async function closeFolded(
  db: Queryable,
  { orgId, now }: OutageScope,
  outageId: number,
  sources: readonly number[],
): Promise<void> {
  await db.query(
    `update incident i set resolved_at = $2, due_at = null, folded_into = $3 where i.org_id = $1 and i.id = any($4) and i.resolved_at is null
       and not exists (select 1 from incident_alert ia join alert a on a.org_id = ia.org_id and a.id = ia.alert_id
         where ia.org_id = i.org_id and ia.incident_id = i.id and ia.moved_at is null and a.status <> 'resolved')`,
    [orgId, new Date(now), outageId, sources],
  );
}

/** Names the cause of an outage; a wider one than people were told is news. */
export async function nameCause(db: Queryable, { orgId, now }: OutageScope, id: number, { cause }: PlannedOutage): Promise<void> {
  await db.query(
    `update incident set cause_kind = $3, cause_name = $4, due_at = least(due_at, $5),
       widened_at = case when notified_at is not null then $5::timestamptz end
     where org_id = $1 and id = $2 and (cause_kind, cause_name) is distinct from ($3::text, $4::text)`,
    [orgId, id, cause.kind, cause.name, new Date(now)],
  );
}
