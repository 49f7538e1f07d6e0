import type { EpochMs } from '../sample.js';
import { severityRank, worst, type Severity } from '../severity.js';
import type { AlertStatus } from './alert.js';
import type { Suppression } from './topology.js';

export interface NoticeSettings {
  /** Wait after an incident opens, so that what falls together is told together. */
  readonly groupWaitMs: number;
  /** Least time between two notices about new members of one incident. */
  readonly groupIntervalMs: number;
  /** An open, unacknowledged incident is told again after this time. */
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
}

export interface IncidentMember {
  readonly status: AlertStatus;
  readonly severity: Severity;
  readonly isTold: boolean;
  /** It began to flap, and nobody was told so yet. */
  readonly isNewlyFlapping: boolean;
  readonly suppression: Suppression | null;
}

export type NoticeReason = 'opened' | 'severity-raised' | 'members-added' | 'flapping' | 'repeat' | 'recovered';
export type SilenceReason =
  | 'resolved-before-anyone-was-told'
  | 'all-members-suppressed'
  | 'within-group-wait'
  | 'within-group-interval'
  | 'within-repeat-interval'
  | 'acknowledged';

export interface NoticeDecision {
  readonly notice: NoticeReason | null;
  /** Why a notice goes out, or why not. */
  readonly reason: NoticeReason | SilenceReason;
  readonly isClosed: boolean;
  /** When to ask again although nothing changed; `null` = only a change matters. */
  readonly dueAt: EpochMs | null;
}

/** Members that count for a notice: neither resolved nor explained by something bigger. */
export const tellable = <M extends IncidentMember>(members: readonly M[]): M[] =>
  members.filter(({ status, suppression }) => (status === 'firing' || status === 'acknowledged') && suppression === null);

/** Is a notice due for this incident, and why? The same state asked again gives no second notice. */
export function noticeDue(
  incident: OpenIncident,
  members: readonly IncidentMember[],
  now: EpochMs,
  settings: NoticeSettings,
): NoticeDecision {
  if (members.every(({ status }) => status === 'resolved' || status === 'pending')) return closed(incident);
  const active = tellable(members);
  if (active.length === 0) return silent('all-members-suppressed', earliestEnd(members, now, settings));
  const decision = incident.notified === null ? first(incident, now, settings) : next(incident.notified, active, now, settings);
  return { ...decision, dueAt: earlier(decision.dueAt, earliestEnd(members, now, settings)) };
}

const closed = ({ notified }: OpenIncident): NoticeDecision =>
  notified === null
    ? {
        notice: null,
        reason: 'resolved-before-anyone-was-told',
        isClosed: true,
        dueAt: null,
      }
    : { notice: 'recovered', reason: 'recovered', isClosed: true, dueAt: null };

function first(incident: OpenIncident, now: EpochMs, { groupWaitMs, repeatMs }: NoticeSettings): NoticeDecision {
  const dueAt = incident.openedAt + groupWaitMs;
  return now < dueAt ? silent('within-group-wait', dueAt) : send('opened', now + repeatMs);
}

function next(
  notified: NonNullable<OpenIncident['notified']>,
  active: readonly IncidentMember[],
  now: EpochMs,
  { groupIntervalMs, repeatMs }: NoticeSettings,
): NoticeDecision {
  const severity = worst(active.map((member) => member.severity));
  if (severityRank(severity) > severityRank(notified.severity)) return send('severity-raised', now + repeatMs);
  const news = newsOf(active);
  if (news !== null) {
    const dueAt = notified.at + groupIntervalMs;
    return now < dueAt ? silent('within-group-interval', dueAt) : send(news, now + repeatMs);
  }
  if (active.every(({ status }) => status === 'acknowledged')) return silent('acknowledged', null);
  const dueAt = notified.at + repeatMs;
  return now < dueAt ? silent('within-repeat-interval', dueAt) : send('repeat', now + repeatMs);
}

/** What is worth telling although it is no worse than what was told. */
function newsOf(active: readonly IncidentMember[]): NoticeReason | null {
  const firing = active.filter(({ status }) => status === 'firing');
  if (firing.some(({ isTold }) => !isTold)) return 'members-added';
  return firing.some(({ isNewlyFlapping }) => isNewlyFlapping) ? 'flapping' : null;
}

const send = (notice: NoticeReason, dueAt: EpochMs): NoticeDecision => ({
  notice,
  reason: notice,
  isClosed: false,
  dueAt,
});

const silent = (reason: SilenceReason, dueAt: EpochMs | null): NoticeDecision => ({
  notice: null,
  reason,
  isClosed: false,
  dueAt,
});

const earlier = (a: EpochMs | null, b: EpochMs | null): EpochMs | null => (a === null ? b : b === null ? a : Math.min(a, b));

/** Nobody tells when a pending site-down ends without having fired, so that is looked at again and again. */
function earliestEnd(members: readonly IncidentMember[], now: EpochMs, { groupWaitMs }: NoticeSettings): EpochMs | null {
  return members.reduce<EpochMs | null>((end, { suppression }) => {
    const until = suppression?.reason === 'site-may-be-down' ? now + Math.max(groupWaitMs, 1_000) : (suppression?.until ?? null);
    return earlier(end, until);
  }, null);
}
