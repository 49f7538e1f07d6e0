import {
  acknowledge,
  ALERT_RULES,
  statusOf,
  withoutAcknowledgement,
  type AlertState,
  type AlertStatus,
  type EpochMs,
  type Severity,
} from '@app/domain';
import { auditRow, type Change } from './audited.js';
import type { Database, Queryable } from './database.js';

export interface AcknowledgeRequest {
  readonly incidentId: number;
  /** Who takes it, in the words of people. */
  readonly by: string;
  /** `null` = as long as the policy's time-out says. */
  readonly until: EpochMs | null;
  readonly note: string | null;
}

export type AcknowledgeOutcome = 'acknowledged' | 'already' | 'over' | 'not-found';

interface LockedIncident {
  readonly severity: Severity;
  readonly ackedBy: string | null;
  readonly isOver: boolean;
}

/**
 * Somebody takes an incident and all that is going on in it: escalation and repeats stop. Taking it again by the same person changes nothing, by another
 * one hands it over. Wake the notifier afterwards (`send-due`), or its next sweep sees it.
 */
export function acknowledgeIncident(
  db: Database,
  orgId: number,
  request: AcknowledgeRequest,
  change: Change,
): Promise<AcknowledgeOutcome> {
  return db.transaction(async (tx) => {
    const incident = await lockIncident(tx, orgId, request.incidentId);
    if (incident === null) return 'not-found';
    if (incident.isOver) return 'over';
    if (incident.ackedBy === request.by && request.until === null) return 'already';
    await tx.query(
      `update incident set acked_by = $3, acked_at = $4, ack_until = $5, ack_severity = severity,
         due_at = least(coalesce(due_at, $4::timestamptz), $4::timestamptz) where org_id = $1 and id = $2`,
      [orgId, request.incidentId, request.by, change.at, request.until === null ? null : new Date(request.until)],
    );
    const alerts = await lockMembers(tx, orgId, request.incidentId);
    const details = { by: request.by, ...(request.note === null ? {} : { note: request.note }) };
    for (const { id, state, status } of alerts) {
      const taken = acknowledge(state, { by: request.by, at: change.at.getTime() }, ALERT_RULES.sle);
      if (status === 'firing' && taken.change !== null)
        await writeAlert(tx, orgId, { id, status, state: taken.state, reason: 'acknowledged', data: details }, change.at);
    }
    if (request.note !== null) await insertNote(tx, orgId, { ...request, text: request.note, author: request.by }, change.at);
    const subject = `incident:${String(request.incidentId)}`;
    await auditRow(tx, orgId, {
      ...change,
      action: 'incident.acknowledge',
      subject,
      details: { ...details, until: request.until },
    });
    return 'acknowledged';
  });
}

/** The acknowledgement of an incident ends: it and its alerts are nobody's. Called with the incident locked. */
export async function releaseIncident(
  tx: Queryable,
  orgId: number,
  { incidentId, reason }: { readonly incidentId: number; readonly reason: string },
  at: Date,
): Promise<void> {
  await tx.query(
    'update incident set acked_by = null, acked_at = null, ack_until = null, ack_severity = null where org_id = $1 and id = $2',
    [orgId, incidentId],
  );
  for (const { id, status, state } of await lockMembers(tx, orgId, incidentId)) {
    if (status === 'acknowledged')
      await writeAlert(tx, orgId, { id, status, state: withoutAcknowledgement(state), reason, data: {} }, at);
  }
  await auditRow(tx, orgId, {
    at,
    actor: 'notifier',
    action: 'incident.release',
    subject: `incident:${String(incidentId)}`,
    details: { reason },
  });
}

export interface NewNote {
  readonly incidentId: number;
  readonly author: string;
  readonly text: string;
}

/** Writes a note to an incident. Returns its id; `null` = there is no such incident. */
export function addNote(db: Database, orgId: number, note: NewNote, change: Change): Promise<number | null> {
  return db.transaction(async (tx) => {
    if ((await lockIncident(tx, orgId, note.incidentId)) === null) return null;
    const id = await insertNote(tx, orgId, note, change.at);
    const subject = `incident:${String(note.incidentId)}`;
    await auditRow(tx, orgId, { ...change, action: 'incident.note', subject, details: { author: note.author, note: id } });
    return id;
  });
}

async function insertNote(tx: Queryable, orgId: number, { incidentId, author, text }: NewNote, at: Date): Promise<number> {
  const [row] = await tx.query<{ id: number }>(
    'insert into incident_note (org_id, incident_id, at, author, text) values ($1, $2, $3, $4, $5) returning id',
    [orgId, incidentId, at, author, text],
  );
  return row?.id ?? 0;
}

async function lockIncident(tx: Queryable, orgId: number, id: number): Promise<LockedIncident | null> {
  const [row] = await tx.query<{ severity: Severity; ackedBy: string | null; isOver: boolean }>(
    `select severity, acked_by as "ackedBy", resolved_at is not null as "isOver" from incident
     where org_id = $1 and id = $2 and kind = 'incident' for update`,
    [orgId, id],
  );
  return row ?? null;
}

interface LockedMember {
  readonly id: number;
  readonly status: AlertStatus;
  readonly state: AlertState;
}

/** In the order in which the analyzer locks alerts, so that the two cannot wait for each other. */
const lockMembers = (tx: Queryable, orgId: number, incidentId: number): Promise<LockedMember[]> =>
  tx.query<LockedMember & { [column: string]: unknown }>(
    `select a.id, a.status, a.state from alert a where a.org_id = $1 and a.status in ('firing', 'acknowledged')
       and a.id in (select alert_id from incident_alert where org_id = $1 and incident_id = $2 and moved_at is null)
     order by a.rule, a.subject, a.id for update of a`,
    [orgId, incidentId],
  );

interface AlertWrite extends LockedMember {
  readonly reason: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** When time moves an alert does not depend on who has it, so `due_at` stays. */
async function writeAlert(
  tx: Queryable,
  orgId: number,
  { id, status, state, reason, data }: AlertWrite,
  at: Date,
): Promise<void> {
  await tx.query('update alert set state = $3, status = $4 where org_id = $1 and id = $2', [
    orgId,
    id,
    JSON.stringify(state),
    statusOf(state),
  ]);
  await tx.query(
    `insert into alert_change (org_id, alert_id, seq, at, from_status, to_status, severity, reason, data)
     select $1, $2, (select coalesce(max(seq), 0) + 1 from alert_change where org_id = $1 and alert_id = $2), $3, $4, $5, a.severity, $6, $7
     from alert a where a.org_id = $1 and a.id = $2`,
    [orgId, id, at, status, statusOf(state), reason, JSON.stringify(data)],
  );
}
