import type { EpochMs } from '../sample.js';
import { severityRank, worst, type Severity } from '../severity.js';
import {
  acknowledgedUntil,
  acknowledgementEnd,
  type AcknowledgementEnd,
  type IncidentAcknowledgement,
} from './acknowledgement.js';
import type { AlertStatus } from './alert.js';
import { afterTelling, stepsDue, stepsReached, type EscalationRound, type StepsDue } from './escalation.js';
import { closedUntil, DEFAULT_POLICY, type Policy } from './policy.js';
import type { Hold } from './silence.js';
import type { Suppression } from './topology.js';

export interface NoticeSettings {
  /** Wait after an incident opens, so that what falls together is told together. */
  readonly groupWaitMs: number;
  /** Least time between two notices about new members of one incident. */
  readonly groupIntervalMs: number;
  /** An open, unacknowledged incident is told again after this time, where its policy says no other. */
  readonly repeatMs: number;
}

export const NOTICE_DEFAULTS: NoticeSettings = {
  groupWaitMs: 30_000,
  groupIntervalMs: 300_000,
  repeatMs: 14_400_000,
};

export interface OpenIncident {
  readonly openedAt: EpochMs;
  /** The last notice and the severity it told; `null` when nobody was told yet. */
  readonly notified: {
    readonly at: EpochMs;
    readonly severity: Severity;
  } | null;
  /** How far it has escalated; absent or `null` before it began to. */
  readonly round?: EscalationRound | null;
  readonly acknowledgement?: IncidentAcknowledgement | null;
  /** When it was judged last, people had said that they do not want to hear of any of it. */
  readonly isHeld?: boolean;
  /** Its probable cause is wider than the one people were told. */
  readonly isWidened?: boolean;
}

export interface IncidentMember {
  readonly status: AlertStatus;
  readonly severity: Severity;
  readonly isTold: boolean;
  /** It began to flap, and nobody was told so yet. */
  readonly isNewlyFlapping: boolean;
  readonly suppression: Suppression | Hold | null;
  /** It follows from what people were told; see `followsWhatWasTold`. */
  readonly isFollowUp?: boolean;
  /** It was told, then held back by people, and is so no longer. */
  readonly isReturned?: boolean;
  /** When somebody took this alert on its own. */
  readonly acknowledgedAt?: EpochMs | null;
}

export type NoticeReason =
  | 'opened'
  | 'severity-raised'
  | 'members-added'
  | 'widened'
  | 'flapping'
  | 'repeat'
  | 'escalated'
  | 'acknowledgement-expired'
  | 'returned'
  | 'acknowledged'
  | 'recovered'
  | 'digest'
  | 'undelivered';
export type SilenceReason =
  | 'resolved-before-anyone-was-told'
  | 'all-members-suppressed'
  | 'silenced'
  | 'in-maintenance'
  | 'outside-working-hours'
  | 'within-group-wait'
  | 'within-group-interval'
  | 'within-repeat-interval'
  | 'waiting-for-step'
  | 'acknowledged';

export interface NoticeDecision {
  readonly notice: NoticeReason | null;
  /** Why a notice goes out, or why not. */
  readonly reason: NoticeReason | SilenceReason;
  readonly isClosed: boolean;
  /** When to ask again although nothing changed; `null` = only a change matters. */
  readonly dueAt: EpochMs | null;
  /** Steps of the policy that the notice goes to; empty for a recovery, which goes to all who were told. */
  readonly steps: readonly number[];
  /** How far it has escalated afterwards. */
  readonly round: EscalationRound | null;
  readonly isHeld: boolean;
  /** Why the acknowledgement ends with this decision; `null` = it stays as it is. */
  readonly released: AcknowledgementEnd | null;
}

/** The policy of the round under way, and the one that a new round would follow. */
export interface NoticePolicies {
  readonly kept: Policy | null;
  readonly chosen: Policy;
}

/** Members that count for a notice: neither resolved nor explained by something bigger nor held back by people. */
export const tellable = <M extends IncidentMember>(members: readonly M[]): M[] =>
  members.filter((member) => isActive(member) && member.suppression === null);

const isActive = ({ status }: IncidentMember): boolean => status === 'firing' || status === 'acknowledged';
const isHold = (suppression: IncidentMember['suppression']): suppression is Hold =>
  suppression?.reason === 'silenced' || suppression?.reason === 'in-maintenance';

/** Is a notice due for this incident, why, and to which steps? The same state asked again gives no second notice. */
export function noticeDue(
  incident: OpenIncident,
  members: readonly IncidentMember[],
  now: EpochMs,
  { policies = { kept: null, chosen: DEFAULT_POLICY }, ...settings }: NoticeSettings & { readonly policies?: NoticePolicies },
): NoticeDecision {
  const kept = { steps: [], round: incident.round ?? null, isHeld: incident.isHeld ?? false, released: null, isClosed: false };
  if (members.every(({ status }) => status === 'resolved' || status === 'pending')) return { ...kept, ...closed(incident) };
  const active = tellable(members);
  const end = earliestEnd(members, now, settings);
  if (active.length === 0) {
    const isHeld = kept.isHeld || members.some(({ suppression }) => isHold(suppression));
    return { ...kept, notice: null, reason: whyNone(members), dueAt: end, isHeld };
  }
  const wait = incident.openedAt + settings.groupWaitMs;
  if (incident.notified === null && now < wait)
    return { ...kept, notice: null, reason: 'within-group-wait', dueAt: earlier(wait, end) };
  const decision = { ...kept, ...judge({ incident, active, now, settings, policies }) };
  return { ...decision, dueAt: earlier(decision.dueAt, end) };
}

const closed = ({ notified }: OpenIncident): Pick<NoticeDecision, 'notice' | 'reason' | 'isClosed' | 'dueAt'> =>
  notified === null
    ? { notice: null, reason: 'resolved-before-anyone-was-told', isClosed: true, dueAt: null }
    : { notice: 'recovered', reason: 'recovered', isClosed: true, dueAt: null };

function whyNone(members: readonly IncidentMember[]): SilenceReason {
  const [first, ...others] = new Set(members.filter(isActive).map(({ suppression }) => suppression?.reason));
  return others.length === 0 && (first === 'silenced' || first === 'in-maintenance') ? first : 'all-members-suppressed';
}

interface Question {
  readonly incident: OpenIncident;
  readonly active: readonly IncidentMember[];
  readonly now: EpochMs;
  readonly settings: NoticeSettings;
  readonly policies: NoticePolicies;
}

type Judgement = Partial<NoticeDecision> & Pick<NoticeDecision, 'notice' | 'reason' | 'dueAt'>;
const silent = (reason: SilenceReason, dueAt: EpochMs | null): Judgement => ({ notice: null, reason, dueAt });

function judge(question: Question): Judgement {
  const { incident, active, now, settings } = question;
  const severity = worst(active.map((member) => member.severity));
  const { round, policy, begins, isNew, ack } = roundOf(question, severity);
  const released = ack === null ? null : acknowledgementEnd(ack, severity, policy.ackTimeoutMs, now);
  const isTaken = ack !== null && released === null;
  const news = begins === null && incident.notified !== null ? newsOf(incident, active) : null;
  const takenUntil = isTaken ? finite(acknowledgedUntil(ack, policy.ackTimeoutMs)) : null;
  if (isTaken && news === null) return silent('acknowledged', takenUntil);
  // What somebody has taken climbs no further.
  const dueOf = (at: EscalationRound): StepsDue =>
    isTaken ? { due: [], isFirst: false, dueAt: takenUntil } : stepsDue(policy.steps, at, now, settings.repeatMs);
  const { due, isFirst, dueAt } = dueOf(round);
  const collectMs = news === 'widened' || news === 'returned' ? 0 : settings.groupIntervalMs;
  const newsAt = news === null ? null : (incident.notified?.at ?? 0) + collectMs;
  const isNewsDue = newsAt !== null && now >= newsAt;
  const steps = isNewsDue || (news !== null && due.length > 0) ? union(stepsReached(round), due) : due;
  // Nothing begins while nobody may be told: it would count from a time that only depends on when somebody looked.
  const opens = isNew || steps.length > 0 ? closedUntil(policy, severity, now) : null;
  if (opens !== null) return { ...silent('outside-working-hours', finite(opens)), isHeld: true };
  const kept = { round, isHeld: false, released };
  if (steps.length === 0)
    return {
      ...kept,
      ...silent(
        isNewsDue || newsAt === null ? waiting(round) : 'within-group-interval',
        earlier(isNewsDue ? null : newsAt, dueAt),
      ),
    };
  const notice = begins ?? (isNewsDue ? news : null) ?? reasonOf(incident, isFirst);
  const after = afterTelling(round, steps, { now, severity, due });
  return { ...kept, notice, reason: notice, steps, round: after, dueAt: dueOf(after).dueAt };
}

const finite = (at: EpochMs | null): EpochMs | null => (at !== null && Number.isFinite(at) ? at : null);

const waiting = (round: EscalationRound): SilenceReason =>
  stepsReached(round).length === 0 ? 'waiting-for-step' : 'within-repeat-interval';

const reasonOf = ({ notified }: OpenIncident, isFirst: boolean): NoticeReason =>
  notified === null ? 'opened' : isFirst ? 'escalated' : 'repeat';

const union = (a: readonly number[], b: readonly number[]): number[] => [...new Set([...a, ...b])].sort((x, y) => x - y);

interface Standing {
  readonly round: EscalationRound;
  readonly policy: Policy;
  /** The round is a new one in the place of another. */
  readonly isNew: boolean;
  /** Why it is, as far as people were told before. */
  readonly begins: 'severity-raised' | 'acknowledgement-expired' | 'returned' | null;
  readonly ack: Pick<IncidentAcknowledgement, 'at' | 'until' | 'severity'> | null;
}

/** The round that counts: the one under way, or a new one. */
function roundOf({ incident, active, now, policies }: Question, severity: Severity): Standing {
  const { kept, chosen } = policies;
  const under = kept ?? chosen;
  const ack = acknowledgementOf(incident, active, severity);
  const before = incident.round ?? roundBefore(incident, under);
  const fresh = { at: now, policy: chosen.id, severity, told: [] };
  if (before === null) return { round: fresh, policy: chosen, begins: null, isNew: false, ack };
  if (severityRank(severity) > severityRank(before.severity))
    return { round: fresh, policy: chosen, begins: incident.notified === null ? null : 'severity-raised', isNew: true, ack };
  if (incident.notified === null && stepsReached(before).length === 0 && before.policy !== chosen.id)
    return { round: { ...before, policy: chosen.id }, policy: chosen, begins: null, isNew: false, ack };
  const ended = ack === null ? null : acknowledgementEnd(ack, severity, under.ackTimeoutMs, now);
  const begins = ended ?? (incident.isHeld === true && ack === null ? 'returned' : null);
  if (begins !== null)
    return { round: fresh, policy: chosen, begins: incident.notified === null ? null : begins, isNew: true, ack };
  return { round: kept === null ? { ...before, policy: chosen.id } : before, policy: under, begins: null, isNew: false, ack };
}

/** An incident of which only the last notice is known was told to those of the first moment. */
const roundBefore = ({ notified }: OpenIncident, { id, steps }: Policy): EscalationRound | null =>
  notified === null
    ? null
    : {
        at: notified.at,
        policy: id,
        severity: notified.severity,
        told: steps.map(({ afterMs }) => (afterMs === 0 ? { at: notified.at, times: 1 } : null)),
      };

/** Somebody has taken the incident, or each of its alerts. */
function acknowledgementOf(
  { acknowledgement, notified }: OpenIncident,
  active: readonly IncidentMember[],
  severity: Severity,
): Standing['ack'] {
  if (acknowledgement !== null && acknowledgement !== undefined) return acknowledgement;
  // What follows from an alert that somebody has taken is taken with it.
  const own = active.filter(({ isFollowUp = false }) => !isFollowUp);
  if (notified === null || (own.length === 0 ? active : own).some(({ status }) => status !== 'acknowledged')) return null;
  const times = active.flatMap(({ acknowledgedAt }) => acknowledgedAt ?? []);
  // Without a time it cannot expire.
  return times.length === 0 ? { at: Infinity, until: null, severity } : { at: Math.max(...times), until: null, severity };
}

/** What is worth telling although it is no worse than what was told. */
function newsOf({ isWidened = false }: OpenIncident, active: readonly IncidentMember[]): NoticeReason | null {
  if (isWidened) return 'widened';
  const firing = active.filter(({ status }) => status === 'firing');
  if (firing.some(({ isReturned = false }) => isReturned)) return 'returned';
  if (firing.some(({ isTold, isFollowUp = false }) => !isTold && !isFollowUp)) return 'members-added';
  return firing.some(({ isNewlyFlapping }) => isNewlyFlapping) ? 'flapping' : null;
}

const earlier = (a: EpochMs | null, b: EpochMs | null): EpochMs | null => (a === null ? b : b === null ? a : Math.min(a, b));

/** Nobody tells when a pending site-down ends without having fired, so that is looked at again and again. */
function earliestEnd(members: readonly IncidentMember[], now: EpochMs, { groupWaitMs }: NoticeSettings): EpochMs | null {
  return members.reduce<EpochMs | null>((end, member) => {
    const { suppression } = member;
    if (isHold(suppression) && !isActive(member)) return end;
    const until = suppression?.reason === 'site-may-be-down' ? now + Math.max(groupWaitMs, 1_000) : (suppression?.until ?? null);
    return earlier(end, until);
  }, null);
}
