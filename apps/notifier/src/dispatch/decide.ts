import { noticeDue, suppressionOf, type EpochMs, type NoticeDecision, type NoticeReason, type NoticeSettings } from '@app/domain';
import type { Database, Queryable } from '@app/shared';
import type { Notification } from '../channels/notification.js';
import { addDeliveries } from './deliveries.repository.js';
import { describeIncident, subjectsOf, type IncidentDescription, type JudgedMember } from './describe-incident.js';
import {
  lockDueIncident,
  readMembers,
  readParents,
  recordDecision,
  recordSuppression,
  type DueIncident,
} from './incidents.repository.js';
import { readSleTables } from './sle-tables.repository.js';

/** What deciding needs to know beside the incident. */
export interface DecisionContext {
  readonly notices: NoticeSettings;
  readonly destinations: readonly { readonly destination: string; readonly channel: string }[];
  readonly publicUrl: string | null;
}

/** Rows kept per classifier table; the mail shows fewer, nothing shows more. */
const TABLE_ROWS = 25;

export interface Decided {
  readonly incidentId: number;
  readonly decision: NoticeDecision;
}

/** Second stage: the next incident that is due is judged; a notice becomes one delivery per destination. `null` = nothing is due. */
export function decideNext(database: Database, context: DecisionContext, now: EpochMs): Promise<Decided | null> {
  return database.transaction(async (tx) => {
    const incident = await lockDueIncident(tx, now);
    if (incident === null) return null;
    const members = await judge(tx, incident, now, context.notices);
    const decision = noticeDue(incident, members, now, context.notices);
    const told = decision.notice === null ? null : await tell(tx, { incident, members, reason: decision.notice }, context, now);
    const { severity } = told ?? describeIncident(members, 'opened');
    const named = decision.notice === null ? [] : subjectsOf(members, decision.notice).map(({ alertId }) => alertId);
    await recordDecision(tx, { ...incident, title: told?.title ?? incident.title }, { decision, severity, told: named }, now);
    return { incidentId: incident.id, decision };
  });
}

async function judge(
  tx: Queryable,
  { orgId, id }: DueIncident,
  now: EpochMs,
  { groupIntervalMs }: NoticeSettings,
): Promise<JudgedMember[]> {
  const members = await readMembers(tx, orgId, id);
  const siteIds = [...new Set(members.flatMap(({ siteId }) => siteId ?? []))];
  const parents = await readParents(tx, orgId, siteIds, now - groupIntervalMs);
  const parentOf = (siteId: number | null) => (siteId === null ? null : (parents.get(siteId) ?? null));
  const judged = members.map((member) => ({
    ...member,
    suppression: suppressionOf(member.rule, parentOf(member.siteId), now, groupIntervalMs),
  }));
  await recordSuppression(
    tx,
    orgId,
    judged.map(({ alertId, siteId, suppression }) => ({
      alertId,
      suppressedBy: suppression === null ? null : `alert:${parentOf(siteId)?.alertId ?? '?'}`,
    })),
  );
  return judged;
}

interface Notice {
  readonly incident: DueIncident;
  readonly members: readonly JudgedMember[];
  readonly reason: NoticeReason;
}

async function tell(tx: Queryable, notice: Notice, context: DecisionContext, now: EpochMs): Promise<IncidentDescription> {
  const { incident, members, reason } = notice;
  const described = describeIncident(members, reason, incident.cause);
  const notification = await notificationOf(tx, notice, described, { publicUrl: context.publicUrl, now });
  const { correlationId } = incident;
  await addDeliveries(
    tx,
    incident.orgId,
    context.destinations.map((to) => ({ ...to, notification, correlationId })),
    now,
  );
  return described;
}

async function notificationOf(
  tx: Queryable,
  { incident, members, reason }: Notice,
  described: IncidentDescription,
  { publicUrl, now }: { publicUrl: string | null; now: EpochMs },
): Promise<Notification> {
  const [org] = await tx.query<{ externalId: string; name: string | null }>(
    'select external_id as "externalId", name from org where id = $1',
    [incident.orgId],
  );
  const orgId = org?.externalId ?? String(incident.orgId);
  const sleSites =
    reason === 'recovered'
      ? []
      : subjectsOf(members, reason).flatMap(({ rule, siteId }) => (rule === 'sle' ? (siteId ?? []) : []));
  const base = publicUrl === null ? null : `${publicUrl}/v1/orgs/${encodeURIComponent(orgId)}`;
  return {
    orgId,
    orgName: org?.name ?? orgId,
    incidentId: incident.id,
    step: incident.step + 1,
    reason,
    ...described,
    severity: reason === 'recovered' ? (incident.notified?.severity ?? described.severity) : described.severity,
    openedAt: incident.openedAt,
    at: now,
    metrics: await readSleTables(tx, incident.orgId, [...new Set(sleSites)], TABLE_ROWS),
    reportUrl: base === null ? null : `${base}/reports/summary`,
    alertsUrl: base === null ? null : `${base}/alerts`,
    ackUrl: null,
    runbookUrl: null,
  };
}
