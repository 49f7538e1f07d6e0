import type { CauseKind, EpochMs, OpenOutage, OutageEvidence, OutageTopology, PlannedOutage } from '@app/domain';
import type { Queryable } from '@app/shared';
import { causeWords } from './describe-incident.js';

/** Where and as of when outages are looked for; what joined after `recently` belongs to one event. */
export interface OutageScope {
  readonly orgId: number;
  readonly now: EpochMs;
  readonly recently: EpochMs;
}

const FOLDABLE = `(i.group_key like 'wan:site:%' or i.cause_kind is not null)`;
const ORDER = `order by t.source, t.since desc limit 1`;

/**
 * What is down: lately, or in an outage that is still open. Asked for in three steps by keys alone: while thousands of rows are new Postgres knows
 * nothing of their number, and joins them in the worst of ways.
 */
export async function readEvidence(db: Queryable, { orgId, recently }: OutageScope): Promise<OutageEvidence[]> {
  const incidents = await db.query<{ id: number; isOutage: boolean }>(
    `select i.id, i.cause_kind is not null as "isOutage" from incident i where i.org_id = $1 and i.resolved_at is null and ${FOLDABLE}`,
    [orgId],
  );
  const outages = new Set(incidents.flatMap(({ id, isOutage }) => (isOutage ? [id] : [])));
  const members = await db.query<{ incidentId: number; alertId: number; isRecent: boolean }>(
    `select incident_id as "incidentId", alert_id as "alertId", joined_at > $3 as "isRecent" from incident_alert
     where org_id = $1 and incident_id = any($2) and moved_at is null and (joined_at > $3 or incident_id = any($4))`,
    [orgId, incidents.map(({ id }) => id), new Date(recently), [...outages]],
  );
  const memberOf = new Map(members.map((member) => [member.alertId, member]));
  const alerts = await db.query<{ id: number; siteId: number; circuitId: number | null; rule: OutageEvidence['rule'] }>(
    `select id, site_id as "siteId", circuit_id as "circuitId", rule from alert where org_id = $1 and id = any($2)
       and status in ('firing', 'acknowledged') and site_id is not null and rule in ('site-down', 'circuit-down')`,
    [orgId, [...memberOf.keys()]],
  );
  return alerts.map(({ id, ...alert }) => {
    const { incidentId = 0, isRecent = false } = memberOf.get(id) ?? {};
    return { ...alert, isRecent, outageId: outages.has(incidentId) ? incidentId : null };
  });
}

/** Sites that are down, or may be. */
export async function readDownSites(db: Queryable, orgId: number): Promise<Set<number>> {
  const rows = await db.query<{ siteId: number }>(
    `select site_id as "siteId" from alert where org_id = $1 and rule = 'site-down' and status <> 'resolved' and site_id is not null`,
    [orgId],
  );
  return new Set(rows.map(({ siteId }) => siteId));
}

/** As of now. */
export async function readTopology(db: Queryable, orgId: number, now: EpochMs): Promise<OutageTopology> {
  const sites = await db.query<{ id: number; region: string | null }>(
    `select s.id, coalesce((select t.region from site_attribute t where t.org_id = s.org_id and t.site_id = s.id and t.since <= $2
       and t.region is not null ${ORDER}), nullif(s.country_code, '')) as region
     from site s where s.org_id = $1 and s.removed_at is null`,
    [orgId, new Date(now)],
  );
  const circuits = await db.query<OutageTopology['circuits'][number]>(
    `select c.id, c.site_id as "siteId", (select t.provider from circuit_attribute t where t.org_id = c.org_id and t.circuit_id = c.id
       and t.since <= $2 and t.provider is not null ${ORDER}) as provider
     from circuit c where c.org_id = $1 and c.is_live and not c.disabled`,
    [orgId, new Date(now)],
  );
  return { regionOf: new Map(sites.map(({ id, region }) => [id, region])), circuits };
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

/** Ends the incidents that have nothing left of their own: they go on in the outage, and nobody is told that they were over. Returns them. */
export async function closeFolded(
  db: Queryable,
  { orgId, now }: OutageScope,
  outageId: number,
  sources: readonly number[],
): Promise<number[]> {
  const rows = await db.query<{ id: number }>(
    `update incident i set resolved_at = $2, due_at = null, folded_into = $3 where i.org_id = $1 and i.id = any($4) and i.resolved_at is null
       and not exists (select 1 from incident_alert ia join alert a on a.org_id = ia.org_id and a.id = ia.alert_id
         where ia.org_id = i.org_id and ia.incident_id = i.id and ia.moved_at is null and a.status <> 'resolved') returning i.id`,
    [orgId, new Date(now), outageId, sources],
  );
  return rows.map(({ id }) => id);
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
