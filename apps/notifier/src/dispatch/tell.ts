import { digestAt, severityRank, type EpochMs, type NoticeDecision, type NoticeReason, type Policy } from '@app/domain';
import type { Queryable } from '@app/shared';
import type { Notification } from '../channels/notification.js';
import { addDeliveries, toldDestinations, type NewDelivery, type ToldDestination } from './deliveries.repository.js';
import { describeIncident, subjectsOf, type IncidentDescription, type JudgedMember } from './describe-incident.js';
import type { DueIncident } from './incidents.repository.js';
import { recipientsOf, type AddressBook, type Recipient } from './recipients.js';
import { readSleTables } from './sle-tables.repository.js';

/** What telling needs to know beside the incident. */
export interface TellingContext {
  readonly book: AddressBook;
  readonly publicUrl: string | null;
  /** Where one destination takes an incident; `null` = cannot be taken by link. */
  readonly ackUrlOf: (
    claim: { orgId: number; incidentId: number; step: number; destination: string },
    now: EpochMs,
  ) => string | null;
}

export interface Notice {
  readonly incident: DueIncident;
  readonly members: readonly JudgedMember[];
  readonly decision: NoticeDecision & { readonly notice: NoticeReason };
  readonly policy: Policy;
}

export interface Told {
  readonly described: IncidentDescription;
  readonly destinations: readonly string[];
  /** When the digest goes out that tells it; `null` = it is told at once. */
  readonly digestAt: EpochMs | null;
}

/** Rows kept per classifier table; the mail shows fewer, nothing shows more. */
const TABLE_ROWS = 25;

/** One delivery per destination: a recovery to all who were told, everything else to the steps of the policy whose time has come. */
export async function tell(tx: Queryable, notice: Notice, context: TellingContext, now: EpochMs): Promise<Told> {
  const { incident, members, decision, policy } = notice;
  const described = describeIncident(members, decision.notice, incident.cause);
  const notification = await notificationOf(tx, notice, { described, publicUrl: context.publicUrl }, now);
  const { orgId, id, correlationId } = incident;
  const later = digestAt(policy, notification.severity, now);
  const recipients =
    decision.notice === 'recovered'
      ? (await toldDestinations(tx, orgId, id)).map((told) => ({ ...told, digestAt: digestOfRecovery(told, later) }))
      : (await reached(tx, notice, context, now)).map((to) => ({ ...to, digestAt: later }));
  const deliveries = recipients.map((to): NewDelivery => {
    const claim = { orgId, incidentId: id, step: notification.step, destination: to.destination };
    const ackUrl = decision.notice === 'recovered' ? null : context.ackUrlOf(claim, now);
    return { ...to, notification: { ...notification, ackUrl }, correlationId };
  });
  await addDeliveries(tx, orgId, deliveries, now);
  return { described, destinations: recipients.map(({ destination }) => destination), digestAt: later };
}

/** What a destination only read, or will read, in a digest ends in one too. */
const digestOfRecovery = ({ isToldAtOnce, waitsUntil }: ToldDestination, later: EpochMs | null): EpochMs | null =>
  isToldAtOnce ? null : (waitsUntil ?? later);

function reached(
  tx: Queryable,
  { incident, decision, policy }: Notice,
  { book }: TellingContext,
  now: EpochMs,
): Promise<Recipient[]> {
  const names = decision.steps.flatMap((i) => policy.steps[i]?.to ?? []);
  return recipientsOf(tx, book, { orgId: incident.orgId, names, now });
}

interface Described {
  readonly described: IncidentDescription;
  readonly publicUrl: string | null;
}

async function notificationOf(
  tx: Queryable,
  { incident, members, decision: { notice: reason } }: Notice,
  { described, publicUrl }: Described,
  now: EpochMs,
): Promise<Notification> {
  const [org] = await tx.query<{ externalId: string; name: string | null }>(
    'select external_id as "externalId", name from org where id = $1',
    [incident.orgId],
  );
  const orgId = org?.externalId ?? String(incident.orgId);
  const isRecovery = reason === 'recovered';
  const subjects = subjectsOf(members, reason);
  const sleSites = isRecovery ? [] : subjects.flatMap(({ rule, siteId }) => (rule === 'sle' ? (siteId ?? []) : []));
  const base = publicUrl === null ? null : `${publicUrl}/v1/orgs/${encodeURIComponent(orgId)}`;
  return {
    orgId,
    orgName: org?.name ?? orgId,
    incidentId: incident.id,
    step: incident.step + 1,
    reason,
    ...described,
    severity: isRecovery ? (incident.notified?.severity ?? described.severity) : described.severity,
    openedAt: incident.openedAt,
    at: now,
    metrics: await readSleTables(tx, incident.orgId, [...new Set(sleSites)], TABLE_ROWS),
    reportUrl: base === null ? null : `${base}/reports/summary`,
    alertsUrl: base === null ? null : `${base}/alerts`,
    ackUrl: null,
    runbookUrl: runbookOf(subjects),
  };
}

/** What the rule of the worst alert says that has something to say. */
const runbookOf = (subjects: readonly JudgedMember[]): string | null =>
  [...subjects]
    .sort((a, b) => severityRank(b.severity) - severityRank(a.severity) || a.alertId - b.alertId)
    .flatMap(({ details }) => details.runbookUrl ?? [])[0] ?? null;
