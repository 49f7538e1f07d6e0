import type {
  AlertDetails,
  AlertRuleId,
  AlertStatus,
  CauseKind,
  EpochMs,
  EscalationRound,
  IncidentAcknowledgement,
  NoticeDecision,
  OutageCause,
  ParentAlert,
  Severity,
} from '@app/domain';
import type { Queryable } from '@app/shared';

export interface NewMember {
  readonly alertId: number;
  readonly groupKey: string;
  readonly title: string;
  readonly severity: Severity;
}

/** An incident whose time has come, locked by this transaction. */
export interface DueIncident {
  readonly orgId: number;
  readonly id: number;
  readonly groupKey: string;
  readonly title: string;
  readonly openedAt: EpochMs;
  readonly notified: { readonly at: EpochMs; readonly severity: Severity } | null;
  readonly step: number;
  /** What probably broke; `null` = an incident of one subject. */
  readonly cause: OutageCause | null;
  readonly isWidened: boolean;
  readonly round: EscalationRound | null;
  readonly acknowledgement: IncidentAcknowledgement | null;
  readonly isHeld: boolean;
  readonly correlationId: string | null;
}

/** A member of an incident: its alert as it is now. */
export interface MemberAlert {
  readonly alertId: number;
  readonly rule: AlertRuleId;
  readonly siteId: number | null;
  readonly circuitId: number | null;
  readonly siteName: string;
  readonly status: AlertStatus;
  readonly severity: Severity;
  readonly since: EpochMs;
  readonly resolvedAt: EpochMs | null;
  readonly details: AlertDetails;
  readonly isTold: boolean;
  readonly isFlapping: boolean;
  readonly isNewlyFlapping: boolean;
  /** When somebody took this alert; `null` = nobody has. */
  readonly acknowledgedAt: EpochMs | null;
  /** What held it back when it was judged last, in the words of `alert.suppressed_by`. */
  readonly heldBefore?: string | null;
}

/** Puts alerts into the open incident of their group, opening it when there is none. A member stays where it is. */
export async function joinIncidents(
  db: Queryable,
  orgId: number,
  members: readonly NewMember[],
  { now, groupWaitMs }: { now: EpochMs; groupWaitMs: number },
): Promise<void> {
  if (members.length === 0) return;
  const sorted = [...members].sort((a, b) =>
    a.groupKey < b.groupKey ? -1 : a.groupKey > b.groupKey ? 1 : a.alertId - b.alertId,
  );
  const at = new Date(now);
  await db.query(
    `with m as (select * from unnest($2::bigint[], $3::text[], $4::text[], $5::text[]) as m (alert_id, group_key, title, severity)
       where not exists (select 1 from incident_alert ia where ia.org_id = $1 and ia.alert_id = m.alert_id)
     ), opened as (
       insert into incident (org_id, group_key, title, severity, opened_at, due_at)
       select distinct on (group_key) $1, group_key, title, severity, $6::timestamptz, $7::timestamptz from m order by group_key, alert_id
       on conflict (org_id, group_key) where resolved_at is null do update set due_at = least(incident.due_at, $6::timestamptz)
       returning id, group_key
     )
     insert into incident_alert (org_id, incident_id, alert_id, severity, joined_at)
     select $1, o.id, m.alert_id, m.severity, $6 from m join opened o using (group_key)
     on conflict do nothing`,
    [
      orgId,
      sorted.map((member) => member.alertId),
      sorted.map((member) => member.groupKey),
      sorted.map((member) => member.title),
      sorted.map((member) => member.severity),
      at,
      new Date(now + groupWaitMs),
    ],
  );
}

/** Open incidents that these alerts belong to, or that concern their sites, are looked at again now. */
export async function wakeIncidents(
  db: Queryable,
  orgId: number,
  alerts: readonly { alertId: number; siteId: number | null }[],
  now: EpochMs,
): Promise<void> {
  if (alerts.length === 0) return;
  await db.query(
    `update incident i set due_at = least(coalesce(i.due_at, $4), $4) where i.org_id = $1 and i.resolved_at is null and i.id in (
       select ia.incident_id from incident_alert ia where ia.org_id = $1 and ia.alert_id = any($2) and ia.moved_at is null
       union
       select ia.incident_id from alert a join incident_alert ia on ia.org_id = a.org_id and ia.alert_id = a.id and ia.moved_at is null
       where a.org_id = $1 and a.site_id = any($3) and a.status <> 'resolved')`,
    [orgId, alerts.map(({ alertId }) => alertId), alerts.flatMap(({ siteId }) => siteId ?? []), new Date(now)],
  );
}

interface IncidentRow extends Omit<DueIncident, 'openedAt' | 'notified' | 'cause' | 'round' | 'acknowledgement'> {
  readonly policy: string | null;
  readonly roundAt: Date | null;
  readonly roundSeverity: Severity | null;
  readonly roundTold: EscalationRound['told'];
  readonly ackedBy: string | null;
  readonly ackedAt: Date | null;
  readonly ackUntil: Date | null;
  readonly ackSeverity: Severity | null;
  readonly causeKind: CauseKind | null;
  readonly causeName: string | null;
  readonly openedAt: Date;
  readonly notifiedAt: Date | null;
  readonly notifiedSeverity: Severity | null;
}

/** Locks the next incident that is due and that no other notifier holds. */
export async function lockDueIncident(db: Queryable, now: EpochMs): Promise<DueIncident | null> {
  const [row] = await db.query<IncidentRow>(
    `select i.org_id as "orgId", i.id, i.group_key as "groupKey", i.title, i.opened_at as "openedAt", i.notified_at as "notifiedAt",
       i.notified_severity as "notifiedSeverity", i.step, i.cause_kind as "causeKind", i.cause_name as "causeName", i.widened_at is not null as "isWidened",
       i.policy, i.round_at as "roundAt", i.round_severity as "roundSeverity", i.round_told as "roundTold", i.is_held as "isHeld",
       i.acked_by as "ackedBy", i.acked_at as "ackedAt", i.ack_until as "ackUntil", i.ack_severity as "ackSeverity",
       (select o.correlation_id from incident_alert ia join outbox o on o.org_id = ia.org_id and o.alert_id = ia.alert_id
        where ia.org_id = i.org_id and ia.incident_id = i.id order by o.id desc limit 1) as "correlationId"
     from incident i where i.due_at <= $1 and i.resolved_at is null order by i.due_at, i.id limit 1 for update of i skip locked`,
    [new Date(now)],
  );
  if (row === undefined) return null;
  return toIncident(row);
}

const toIncident = (row: IncidentRow): DueIncident => ({
  ...row,
  openedAt: row.openedAt.getTime(),
  notified:
    row.notifiedAt === null || row.notifiedSeverity === null
      ? null
      : { at: row.notifiedAt.getTime(), severity: row.notifiedSeverity },
  cause: row.causeKind === null ? null : { kind: row.causeKind, name: row.causeName },
  round:
    row.policy === null || row.roundAt === null || row.roundSeverity === null
      ? null
      : { policy: row.policy, at: row.roundAt.getTime(), severity: row.roundSeverity, told: row.roundTold },
  acknowledgement:
    row.ackedBy === null || row.ackedAt === null || row.ackSeverity === null
      ? null
      : { by: row.ackedBy, at: row.ackedAt.getTime(), severity: row.ackSeverity, until: row.ackUntil?.getTime() ?? null },
});

interface MemberRow extends Omit<MemberAlert, 'since' | 'resolvedAt'> {
  readonly since: Date;
  readonly resolvedAt: Date | null;
}

export async function readMembers(db: Queryable, orgId: number, incidentId: number): Promise<MemberAlert[]> {
  const rows = await db.query<MemberRow>(
    `select a.id as "alertId", a.rule, a.site_id as "siteId", coalesce(s.name, s.external_id, a.details->>'siteName', a.subject) as "siteName",
       a.circuit_id as "circuitId", (a.state->'acknowledgement'->>'at')::float8 as "acknowledgedAt",
       a.status, a.severity, a.since, a.resolved_at as "resolvedAt", a.details, ia.told_at is not null as "isTold",
       a.suppressed_by as "heldBefore",
       coalesce(a.state->>'kind' = 'flapping', false) as "isFlapping",
       coalesce(a.state->>'kind' = 'flapping', false) and exists (select 1 from alert_change c where c.org_id = a.org_id and c.alert_id = a.id
         and c.reason = 'flapping' and c.at > ia.told_at) as "isNewlyFlapping"
     from incident_alert ia join alert a on a.org_id = ia.org_id and a.id = ia.alert_id
     left join site s on s.org_id = a.org_id and s.id = a.site_id
     where ia.org_id = $1 and ia.incident_id = $2 and ia.moved_at is null order by a.id`,
    [orgId, incidentId],
  );
  return rows.map((row) => ({ ...row, since: row.since.getTime(), resolvedAt: row.resolvedAt?.getTime() ?? null }));
}

/** The site-down alert of each of these sites: the open one, else the last that fired and ended after `resolvedAfter`. */
export async function readParents(
  db: Queryable,
  orgId: number,
  siteIds: readonly number[],
  resolvedAfter: EpochMs,
): Promise<Map<number, ParentAlert & { alertId: number }>> {
  if (siteIds.length === 0) return new Map();
  const rows = await db.query<{ siteId: number; alertId: number; status: AlertStatus; resolvedAt: Date | null }>(
    `select distinct on (site_id) site_id as "siteId", id as "alertId", status, resolved_at as "resolvedAt" from alert
     where org_id = $1 and rule = 'site-down' and subject = any($2)
       and (status <> 'resolved' or (fired_at is not null and resolved_at > $3))
     order by site_id, id desc`,
    [orgId, siteIds.map((id) => `site:${id}`), new Date(resolvedAfter)],
  );
  return new Map(
    rows.map(({ siteId, alertId, status, resolvedAt }) => [
      siteId,
      { alertId, status, resolvedAt: resolvedAt?.getTime() ?? null },
    ]),
  );
}

/** Writes what was decided about an incident; `told` are the members that the notice names. */
export async function recordDecision(
  db: Queryable,
  incident: DueIncident,
  { decision, severity, told }: { decision: NoticeDecision; severity: Severity; told: readonly number[] },
  now: EpochMs,
): Promise<void> {
  const at = new Date(now);
  const isNotice = decision.notice !== null;
  await db.query(
    `update incident set due_at = $3, severity = case when $4::text = 'unknown' then severity else $4 end, title = $8, resolved_at = case when $5 then $6::timestamptz end,
       notified_at = case when $7 then $6 else notified_at end, notified_severity = case when $7 then $4::text else notified_severity end,
       step = step + $7::bool::int, widened_at = case when $7 then null else widened_at end,
       policy = $9, round_at = $10, round_severity = $11, round_told = $12, is_held = $13
     where org_id = $1 and id = $2`,
    [
      incident.orgId,
      incident.id,
      decision.dueAt === null ? null : new Date(decision.dueAt),
      severity,
      decision.isClosed,
      at,
      isNotice,
      incident.title,
      ...roundColumns(decision.round),
      decision.isHeld,
    ],
  );
  await db.query(
    `update incident_alert ia set severity = a.severity, resolved_at = a.resolved_at,
       told_at = case when a.id = any($3) then $4 else ia.told_at end
     from alert a where ia.org_id = $1 and ia.incident_id = $2 and a.org_id = ia.org_id and a.id = ia.alert_id
       and (ia.resolved_at is distinct from a.resolved_at or ia.severity <> a.severity or a.id = any($3))`,
    [incident.orgId, incident.id, told, at],
  );
}

const roundColumns = (round: EscalationRound | null): unknown[] =>
  round === null ? [null, null, null, '[]'] : [round.policy, new Date(round.at), round.severity, JSON.stringify(round.told)];

/** Keeps on each alert what suppresses it, for those who look at the list of alerts. Locked in the order of those who move alerts. */
export async function recordSuppression(
  db: Queryable,
  orgId: number,
  members: readonly { alertId: number; suppressedBy: string | null }[],
): Promise<void> {
  await db.query(
    `with m as materialized (
       select a.id, m.suppressed_by from unnest($2::bigint[], $3::text[]) as m (id, suppressed_by) join alert a on a.org_id = $1 and a.id = m.id
       where a.suppressed_by is distinct from m.suppressed_by order by a.rule, a.subject, a.id for update of a)
     update alert a set suppressed_by = m.suppressed_by from m where a.org_id = $1 and a.id = m.id`,
    [orgId, members.map(({ alertId }) => alertId), members.map(({ suppressedBy }) => suppressedBy)],
  );
}
