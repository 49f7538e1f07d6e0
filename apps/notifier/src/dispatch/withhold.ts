import {
  closedUntil,
  DEFAULT_POLICY,
  tellable,
  worst,
  type EpochMs,
  type Hold,
  type NoticeReason,
  type NoticeSettings,
  type Policy,
  type Severity,
} from '@app/domain';
import { activeSilences, maintenanceWindows, type Queryable } from '@app/shared';
import { wasTold, type ClaimedDelivery } from './deliveries.repository.js';
import type { JudgedMember } from './describe-incident.js';
import { judgeMembers } from './judge-members.js';

/** Why a notice is not sent although it was decided, and when the incident is to be judged again because of it. */
export interface Withheld {
  readonly reason: 'silenced' | 'in-maintenance' | 'outside-working-hours' | 'acknowledged' | 'over' | 'nothing-was-told';
  readonly until: EpochMs | null;
}

export interface SendingRules {
  readonly notices: NoticeSettings;
  readonly policies: readonly Policy[];
}

/** Notices that only urge: pointless once somebody has it or it is over. */
const URGING: readonly NoticeReason[] = ['repeat', 'escalated', 'returned', 'acknowledgement-expired'];

/** Is what was decided still to be told? Asked when a notice is about to be sent, which may be hours later. `null` = it is. */
export async function whyWithheld(
  db: Queryable,
  delivery: ClaimedDelivery,
  rules: SendingRules,
  now: EpochMs,
): Promise<Withheld | null> {
  const { reason } = delivery.notification;
  if (reason === 'digest' || reason === 'undelivered') return null;
  if (reason === 'recovered') return (await wasTold(db, delivery)) ? null : { reason: 'nothing-was-told', until: null };
  const standing = await readStanding(db, delivery);
  if (reason === 'acknowledged') return standing.isTaken && !standing.isOver ? null : { reason: 'over', until: null };
  if (URGING.includes(reason)) {
    if (standing.isOver) return { reason: 'over', until: null };
    if (standing.isTaken) return { reason: 'acknowledged', until: null };
  }
  return whyHeld(db, delivery, { ...rules, ...standing }, now);
}

/** Whether people do not want to hear of it now, whatever the notice says. */
export async function whyHeldNow(
  db: Queryable,
  delivery: ClaimedDelivery,
  rules: SendingRules,
  now: EpochMs,
): Promise<Withheld | null> {
  return whyHeld(db, delivery, { ...rules, ...(await readStanding(db, delivery)) }, now);
}

interface Standing {
  readonly policy: string | null;
  readonly isTaken: boolean;
  readonly isOver: boolean;
  /** The incident that has its members: another one, when it was folded. */
  readonly goesOnIn: number;
}

async function readStanding(db: Queryable, { orgId, incidentId }: ClaimedDelivery): Promise<Standing> {
  const [row] = await db.query<Standing & { [column: string]: unknown }>(
    `with recursive heir (id, folded_into) as (
       select id, folded_into from incident where org_id = $1 and id = $2
       union select i.id, i.folded_into from incident i join heir h on i.org_id = $1 and i.id = h.folded_into)
     select i.policy, i.acked_at is not null as "isTaken", i.resolved_at is not null as "isOver",
       (select id from heir where folded_into is null limit 1) as "goesOnIn"
     from incident i where i.org_id = $1 and i.id = $2`,
    [orgId, incidentId],
  );
  return row ?? { policy: null, isTaken: false, isOver: true, goesOnIn: incidentId };
}

/**
 * Whether people said that they do not want to hear of any of it now. That holds for what is over as well: a notice that found the mail
 * server dead at six shall not ring at night to say so, nor inside a silence; without it there is no recovery to tell either.
 */
async function whyHeld(
  db: Queryable,
  { orgId, notification }: ClaimedDelivery,
  { notices, policies, policy: policyId, isOver, goesOnIn }: SendingRules & Pick<Standing, 'policy' | 'isOver' | 'goesOnIn'>,
  now: EpochMs,
): Promise<Withheld | null> {
  const policy = policies.find(({ id }) => id === policyId) ?? DEFAULT_POLICY;
  // Judging thousands of members takes time; mostly nobody holds anything back.
  if (policy.workingHours === null && !(await isAnythingHeld(db, orgId, now))) return null;
  const judging = { ...notices, isAsked: false, isOver };
  const { members } = await judgeMembers(db, { orgId, id: goesOnIn }, now, judging);
  const concerned = isOver ? members : members.filter(({ status }) => status === 'firing' || status === 'acknowledged');
  if (concerned.length === 0 && !isOver) return null;
  const told = isOver ? concerned.filter(({ suppression }) => !isHeld(suppression)) : tellable(concerned);
  if (concerned.length > 0 && told.length === 0) return longestHold(concerned);
  const severity = isOver ? notification.severity : worst(told.map((member): Severity => member.severity));
  const until = closedUntil(policy, severity, now);
  return until === null ? null : { reason: 'outside-working-hours', until: Number.isFinite(until) ? until : null };
}

async function isAnythingHeld(db: Queryable, orgId: number, now: EpochMs): Promise<boolean> {
  const silences = await activeSilences(db, orgId, now);
  return silences.length > 0 || (await maintenanceWindows(db, orgId, { from: now, to: now + 1 })).length > 0;
}

/** What something bigger explains is still told once it was decided; what people hold back is not. */
function longestHold(active: readonly JudgedMember[]): Withheld | null {
  let held: Withheld | null = null;
  for (const { suppression } of active) {
    if (!isHeld(suppression)) continue;
    if (held === null || suppression.until < (held.until ?? Infinity))
      held = { reason: suppression.reason, until: suppression.until };
  }
  return held;
}

const isHeld = (suppression: JudgedMember['suppression']): suppression is Hold =>
  suppression?.reason === 'silenced' || suppression?.reason === 'in-maintenance';
