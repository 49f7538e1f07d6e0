import {
  flappingOf,
  type AlertStatus,
  type EpochMs,
  type PastAcknowledgement,
  type PastChange,
  type PastIncident,
  type PastMember,
  type Severity,
  type Span,
} from '@app/domain';
import { alertSubjects, type Queryable, type Row } from '@app/shared';

/** An incident as it was, and what was sent about it. */
export interface SentIncident extends PastIncident {
  readonly title: string;
  readonly severity: Severity;
  /** Notices that a receiver took, by destination. */
  readonly sent: ReadonlyMap<string, number>;
}

interface IncidentRow extends Row {
  readonly id: number;
  readonly title: string;
  readonly severity: Severity;
  readonly openedAt: Date;
  readonly foldedInto: number | null;
}

/** Incidents that opened inside the span, as `id` and when; those that went on in others before those. */
export async function listIncidents(db: Queryable, orgId: number, { from, to }: Span): Promise<number[]> {
  const rows = await db.query<{ id: number }>(
    `select id from incident where org_id = $1 and kind = 'incident' and opened_at >= $2 and opened_at < $3
     order by folded_into is null, resolved_at nulls last, id`,
    [orgId, new Date(from), new Date(to)],
  );
  return rows.map(({ id }) => id);
}

/** In the order asked. */
export async function readIncidents(db: Queryable, orgId: number, ids: readonly number[], to: EpochMs): Promise<SentIncident[]> {
  const rows = await db.query<IncidentRow>(
    `select i.id, i.title, i.severity, i.opened_at as "openedAt", i.folded_into as "foldedInto"
     from unnest($2::bigint[]) with ordinality as u (id, nth) join incident i on i.org_id = $1 and i.id = u.id order by u.nth`,
    [orgId, ids],
  );
  const members = await readMembers(db, orgId, ids, to);
  const acknowledgements = await readAcknowledgements(db, orgId, ids);
  const widened = await readWidened(db, orgId, ids);
  const sent = await readSent(db, orgId, ids, to);
  return rows.map(({ id, title, severity, openedAt, foldedInto }) => ({
    id,
    title,
    severity,
    openedAt: openedAt.getTime(),
    foldedInto,
    members: members.get(id) ?? [],
    acknowledgements: acknowledgements.get(id) ?? [],
    widenedAt: widened.get(id) ?? [],
    sent: sent.get(id) ?? new Map(),
  }));
}

function grouped<R, T>(rows: readonly R[], keyOf: (row: R) => number, make: (row: R) => T): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), make(row)]);
  return groups;
}

interface MemberRow extends Row {
  readonly incidentId: number;
  readonly alertId: number;
  readonly siteId: number | null;
  readonly circuitId: number | null;
  readonly joinedAt: Date;
  readonly movedAt: Date | null;
}

async function readMembers(
  db: Queryable,
  orgId: number,
  ids: readonly number[],
  to: EpochMs,
): Promise<Map<number, PastMember[]>> {
  const rows = await db.query<MemberRow>(
    `select m.incident_id as "incidentId", a.id as "alertId", a.site_id as "siteId", a.circuit_id as "circuitId", m.joined_at as "joinedAt", m.moved_at as "movedAt"
     from incident_alert m join alert a on a.org_id = m.org_id and a.id = m.alert_id
     where m.org_id = $1 and m.incident_id = any($2) and m.joined_at < $3 order by m.incident_id, a.id`,
    [orgId, ids, new Date(to)],
  );
  const alertIds = [...new Set(rows.map(({ alertId }) => alertId))];
  const subjects = await alertSubjects(db, orgId, alertIds, to);
  const changes = await readChanges(db, orgId, alertIds);
  return grouped(
    rows.filter(({ alertId }) => subjects.has(alertId)),
    ({ incidentId }) => incidentId,
    ({ alertId, siteId, circuitId, joinedAt, movedAt }) => ({
      alertId,
      siteId,
      circuitId,
      subject: subjects.get(alertId) ?? NOTHING,
      joinedAt: joinedAt.getTime(),
      movedAt: movedAt?.getTime() ?? null,
      changes: changes.get(alertId) ?? [],
    }),
  );
}

const NOTHING = {
  rule: '',
  severity: 'unknown',
  org: '',
  site: null,
  region: null,
  storeType: null,
  circuits: [],
  providers: [],
  metrics: [],
} as const;

interface ChangeRow extends Row {
  readonly alertId: number;
  readonly at: Date;
  readonly status: AlertStatus;
  readonly severity: Severity;
  readonly reason: string;
}

/** How alerts changed, ascending. That an acknowledgement ran out is left out: what is tried says itself how long one holds. */
export async function readChanges(db: Queryable, orgId: number, alertIds: readonly number[]): Promise<Map<number, PastChange[]>> {
  const rows = await db.query<ChangeRow>(
    `select alert_id as "alertId", at, to_status as status, severity, reason from alert_change
     where org_id = $1 and alert_id = any($2) and reason <> 'acknowledgement-expired' order by alert_id, seq`,
    [orgId, alertIds],
  );
  return grouped(
    rows,
    ({ alertId }) => alertId,
    ({ at, status, severity, reason }) => ({ at: at.getTime(), status, severity, flapping: flappingOf(reason) }),
  );
}

async function readAcknowledgements(
  db: Queryable,
  orgId: number,
  ids: readonly number[],
): Promise<Map<number, PastAcknowledgement[]>> {
  const rows = await db.query<{ subject: string; at: Date; by: string | null; until: number | null }>(
    `select subject, at, details->>'by' as by, (details->>'until')::float8 as until from audit
     where org_id = $1 and action = 'incident.acknowledge' and subject = any($2) order by at, id`,
    [orgId, ids.map((id) => `incident:${String(id)}`)],
  );
  const idOf = ({ subject }: { subject: string }): number => Number(subject.slice('incident:'.length));
  return grouped(rows, idOf, ({ at, by, until }) => ({ at: at.getTime(), by: by ?? '', until }));
}

async function readWidened(db: Queryable, orgId: number, ids: readonly number[]): Promise<Map<number, EpochMs[]>> {
  const rows = await db.query<{ id: number; at: Date }>(
    `select incident_id as id, at from incident_decision where org_id = $1 and incident_id = any($2) and reason = 'widened' order by at`,
    [orgId, ids],
  );
  return grouped(
    rows,
    ({ id }) => id,
    ({ at }) => at.getTime(),
  );
}

async function readSent(
  db: Queryable,
  orgId: number,
  ids: readonly number[],
  to: EpochMs,
): Promise<Map<number, Map<string, number>>> {
  const rows = await db.query<{ id: number; destination: string; count: number }>(
    `select incident_id as id, destination, count(*)::integer as count from delivery
     where org_id = $1 and incident_id = any($2) and status in ('sent', 'digested') and reason <> 'acknowledged' and created_at < $3 group by 1, 2`,
    [orgId, ids, new Date(to)],
  );
  const sent = new Map<number, Map<string, number>>();
  for (const { id, destination, count } of rows)
    sent.set(id, (sent.get(id) ?? new Map<string, number>()).set(destination, count));
  return sent;
}
