import type { EpochMs, PastAcknowledgement, PastAlert, PastTaking, Span } from '@app/domain';
import { alertSubjects, type Queryable, type Row } from '@app/shared';
import { readChanges } from './past-incidents.repository.js';
import type { StoredAlert } from './replay.repository.js';

/** Alerts that fired before the end of the span, and were not over before it. */
const FIRED = `a.org_id = $1 and a.since < $3 and a.fired_at < $3 and (a.resolved_at is null or a.resolved_at > $2)`;

interface Asked {
  readonly orgId: number;
  readonly span: Span;
  /** The rules that are tried. */
  readonly rules: readonly string[];
}

const parametersOf = ({ orgId, span, rules }: Asked): unknown[] => [orgId, new Date(span.from), new Date(span.to), rules];

/** How many alerts of other rules there were. */
export async function countOthers(db: Queryable, asked: Asked): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*)::integer as count from alert a where ${FIRED} and a.rule <> all($4::text[])`,
    parametersOf(asked),
  );
  return row?.count ?? 0;
}

/** Alerts read in one statement. */
const CHUNK = 2_000;

/** Alerts of other rules, as they were. */
export async function readOthers(db: Queryable, asked: Asked): Promise<PastAlert[]> {
  const rows = await db.query<{ id: number; siteId: number | null; circuitId: number | null }>(
    `select a.id, a.site_id as "siteId", a.circuit_id as "circuitId" from alert a where ${FIRED} and a.rule <> all($4::text[]) order by a.id`,
    parametersOf(asked),
  );
  const alerts: PastAlert[] = [];
  for (let from = 0; from < rows.length; from += CHUNK) {
    const part = rows.slice(from, from + CHUNK);
    const ids = part.map(({ id }) => id);
    const subjects = await alertSubjects(db, asked.orgId, ids, asked.span.to);
    const changes = await readChanges(db, asked.orgId, ids);
    for (const { id, siteId, circuitId } of part) {
      const subject = subjects.get(id);
      if (subject !== undefined) alerts.push({ alertId: id, siteId, circuitId, subject, changes: changes.get(id) ?? [] });
    }
  }
  return alerts;
}

/** Alerts of the tried rules as they were, with when people took them one by one. */
export type TakenAlert = Pick<StoredAlert, 'id' | 'subject' | 'firedAt' | 'resolvedAt'> & {
  readonly rule: string;
  readonly takings: readonly PastTaking[];
};

export async function readTried(db: Queryable, asked: Asked): Promise<TakenAlert[]> {
  const rows = await db.query<{ id: number; rule: string; subject: string; firedAt: Date; resolvedAt: Date | null }>(
    `select a.id, a.rule, a.subject, a.fired_at as "firedAt", a.resolved_at as "resolvedAt" from alert a
     where ${FIRED} and a.rule = any($4::text[]) order by a.id`,
    parametersOf(asked),
  );
  const takings = await db.query<{ alertId: number; at: Date; until: Date | null }>(
    `select c.alert_id as "alertId", c.at, n.at as until from alert a join alert_change c on c.org_id = a.org_id and c.alert_id = a.id
     left join lateral (select at from alert_change l where l.org_id = c.org_id and l.alert_id = c.alert_id and l.seq > c.seq and l.to_status = 'firing'
       order by l.seq limit 1) n on true
     where ${FIRED} and a.rule = any($4::text[]) and c.reason = 'acknowledged' order by c.at`,
    parametersOf(asked),
  );
  const byAlert = new Map<number, PastTaking[]>();
  for (const { alertId, at, until } of takings)
    byAlert.set(alertId, [...(byAlert.get(alertId) ?? []), { at: at.getTime(), until: until?.getTime() ?? null }]);
  return rows.map(({ id, firedAt, resolvedAt, ...alert }) => ({
    ...alert,
    id,
    firedAt: firedAt.getTime(),
    resolvedAt: resolvedAt?.getTime() ?? null,
    takings: byAlert.get(id) ?? [],
  }));
}

/** That an alert was told in an incident, and whether it went over to another. */
export interface Membership extends Row {
  readonly alertId: number;
  readonly incidentId: number;
  readonly isMoved: boolean;
}

export async function readMemberships(db: Queryable, orgId: number, { from, to }: Span): Promise<Membership[]> {
  return db.query<Membership>(
    `select m.alert_id as "alertId", m.incident_id as "incidentId", m.moved_at is not null as "isMoved"
     from incident i join incident_alert m on m.org_id = i.org_id and m.incident_id = i.id
     where i.org_id = $1 and i.kind = 'incident' and i.opened_at < $3 and (i.resolved_at is null or i.resolved_at >= $2) order by 2, 1`,
    [orgId, new Date(from), new Date(to)],
  );
}

/** When people took incidents. */
export type Taking = PastAcknowledgement & { readonly incidentId: number };

/** Takings of incidents that were not over before the span, also from before it: they hold. */
export async function readTakings(db: Queryable, orgId: number, { from, to }: Span): Promise<Taking[]> {
  const rows = await db.query<{ subject: string; at: Date; by: string | null; until: number | null }>(
    `with concerned as materialized (select 'incident:' || id as subject, opened_at from incident
       where org_id = $1 and kind = 'incident' and opened_at < $3 and (resolved_at is null or resolved_at >= $2))
     select a.subject, a.at, a.details->>'by' as by, (a.details->>'until')::float8 as until from audit a join concerned c on c.subject = a.subject
     where a.org_id = $1 and a.at >= (select min(opened_at) from concerned) and a.at < $3 and a.action = 'incident.acknowledge' order by a.at, a.id`,
    [orgId, new Date(from), new Date(to)],
  );
  return rows.map(({ subject, at, by, until }) => ({
    incidentId: Number(subject.slice('incident:'.length)),
    at: at.getTime(),
    by: by ?? '',
    until,
  }));
}

/** A notice that a receiver took. */
export interface SentNotice {
  readonly incidentId: number;
  readonly destination: string;
  readonly reason: string;
  readonly at: EpochMs;
}

/** Notices of incidents that were decided inside the span; what people heard of an acknowledgement is left out. */
export async function readSent(db: Queryable, orgId: number, { from, to }: Span): Promise<SentNotice[]> {
  const rows = await db.query<Omit<SentNotice, 'at'> & Row & { at: Date }>(
    `select d.incident_id as "incidentId", d.destination, d.reason, d.created_at as at
     from incident i join delivery d on d.org_id = i.org_id and d.incident_id = i.id
     where i.org_id = $1 and i.kind = 'incident' and i.opened_at < $3 and (i.resolved_at is null or i.resolved_at >= $2)
       and d.created_at >= $2 and d.created_at < $3 and d.status in ('sent', 'digested') and d.reason <> 'acknowledged'
     order by d.created_at, d.id`,
    [orgId, new Date(from), new Date(to)],
  );
  return rows.map((row) => ({ ...row, at: row.at.getTime() }));
}

/** Incidents that alerts of a rule were part of, by rule. */
export async function readRulesOfIncidents(
  db: Queryable,
  orgId: number,
  incidentIds: readonly number[],
  rules: readonly string[],
): Promise<Map<string, Set<number>>> {
  const rows = await db.query<{ rule: string; incidentId: number }>(
    `select distinct a.rule, m.incident_id as "incidentId" from incident_alert m join alert a on a.org_id = m.org_id and a.id = m.alert_id
     where m.org_id = $1 and m.incident_id = any($2) and a.rule = any($3)`,
    [orgId, incidentIds, rules],
  );
  const byRule = new Map<string, Set<number>>();
  for (const { rule, incidentId } of rows) byRule.set(rule, (byRule.get(rule) ?? new Set<number>()).add(incidentId));
  return byRule;
}

/** What incidents were called. */
export async function readTitles(db: Queryable, orgId: number, incidentIds: readonly number[]): Promise<Map<number, string>> {
  const rows = await db.query<{ id: number; title: string }>(
    'select id, title from incident where org_id = $1 and id = any($2)',
    [orgId, incidentIds],
  );
  return new Map(rows.map(({ id, title }) => [id, title]));
}
