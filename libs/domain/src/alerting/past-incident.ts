import type { EpochMs } from '../sample.js';
import { severityRank, type Severity } from '../severity.js';
import type { AlertStatus } from './alert.js';
import type { AlertSubject } from './matcher.js';
import type { ParentAlert } from './topology.js';

/** One line of the history of an alert. */
export interface PastChange {
  readonly at: EpochMs;
  readonly status: AlertStatus;
  readonly severity: Severity;
  /** It began to flap, or went on otherwise afterwards; `null` = neither. */
  readonly flapping: 'began' | 'ended' | null;
}

/** An alert with what became of it, ascending. */
export interface PastAlert {
  readonly alertId: number;
  readonly siteId: number | null;
  readonly circuitId: number | null;
  readonly subject: AlertSubject;
  readonly changes: readonly PastChange[];
}

/** An alert of an incident. */
export interface PastMember extends PastAlert {
  readonly joinedAt: EpochMs;
  /** When it went over to another incident. */
  readonly movedAt: EpochMs | null;
}

export interface PastAcknowledgement {
  readonly at: EpochMs;
  readonly by: string;
  readonly until: EpochMs | null;
}

export interface PastIncident {
  readonly id: number;
  readonly openedAt: EpochMs;
  readonly foldedInto: number | null;
  readonly members: readonly PastMember[];
  readonly acknowledgements: readonly PastAcknowledgement[];
  /** When its probable cause became wider. */
  readonly widenedAt: readonly EpochMs[];
}

/** An alert as it stood at an instant. */
export interface MemberThen {
  readonly status: AlertStatus;
  readonly severity: Severity;
  readonly acknowledgedAt: EpochMs | null;
  readonly flappingSince: EpochMs | null;
}

/** When an alert began, and when it had ended by an instant; `null` = it had not. */
export function lifeUntil({ joinedAt, changes }: PastMember, at: EpochMs): { since: EpochMs; resolvedAt: EpochMs | null } {
  const last = changes.findLast((change) => change.at <= at);
  return { since: changes[0]?.at ?? joinedAt, resolvedAt: last?.status === 'resolved' ? last.at : null };
}

/** Before the first line of its history. */
export const BEFORE_ALL: MemberThen = { status: 'pending', severity: 'unknown', acknowledgedAt: null, flappingSince: null };

/** How an alert stands after one more line of its history. */
export const afterChange = (then: MemberThen, { at, status, severity, flapping }: PastChange): MemberThen => ({
  status,
  severity,
  acknowledgedAt: status === 'acknowledged' ? (then.acknowledgedAt ?? at) : null,
  flappingSince: status === 'resolved' || flapping === 'ended' ? null : flapping === 'began' ? at : then.flappingSince,
});

/** That somebody took an alert, and when it was nobody's again; `null` = it was theirs until it was over. */
export interface PastTaking {
  readonly at: EpochMs;
  readonly until: EpochMs | null;
}

/**
 * As if somebody had taken the alert then (ascending); a worse severity takes that back. Who took it before it fires here, and had it still when it
 * does, has it from then on, for as long as it was theirs.
 */
export function withTakings(changes: readonly PastChange[], takings: readonly PastTaking[]): PastChange[] {
  const firedAt = changes.find(({ status }) => status === 'firing')?.at;
  if (firedAt === undefined) return [...changes];
  const before = takings.findLast(({ at, until }) => at < firedAt && (until === null || until > firedAt));
  const taken = before === undefined ? [...changes] : takenFrom(changes, { at: firedAt, until: before.until });
  const later = takings.filter(({ at }) => at >= firedAt);
  return later.reduce((so, { at }) => takenFrom(so, { at, until: null }), taken);
}

function takenFrom(changes: readonly PastChange[], { at, until }: PastTaking): PastChange[] {
  const before = changes.filter((change) => change.at <= at);
  const then = before.at(-1);
  if (then?.status !== 'firing') return [...changes];
  const after = changes.slice(before.length);
  const lost = after.findIndex(
    (change) =>
      change.status !== 'firing' ||
      severityRank(change.severity) > severityRank(then.severity) ||
      change.at >= (until ?? Infinity),
  );
  const kept = after.slice(0, lost === -1 ? after.length : lost);
  const rest = after.slice(kept.length);
  const own: PastChange = { at, status: 'acknowledged', severity: then.severity, flapping: null };
  const taken = kept.map((change): PastChange => ({ ...change, status: 'acknowledged' }));
  const isReleased = until !== null && until < (rest[0]?.at ?? Infinity);
  const released: PastChange = { ...own, at: until ?? at, status: 'firing', severity: (kept.at(-1) ?? then).severity };
  return [...before, own, ...taken, ...(isReleased ? [released] : []), ...rest];
}

/** When nothing of a member can happen in its incident any more; `Infinity` = it goes on. */
export function endOf({ movedAt, changes }: PastMember): EpochMs {
  const last = changes.at(-1);
  return movedAt ?? (last?.status === 'resolved' ? last.at : Infinity);
}

/** The site-down alerts of one site, oldest first, as what hangs below the site sees them. */
export function parentAt(parents: readonly (readonly PastChange[])[], at: EpochMs): ParentAlert | null {
  let parent: ParentAlert | null = null;
  for (const changes of parents) {
    let hasFired = false;
    for (const change of changes) {
      if (change.at > at) break;
      hasFired ||= change.status === 'firing' || change.status === 'acknowledged';
      const resolvedAt = change.status === 'resolved' ? change.at : null;
      parent = resolvedAt !== null && !hasFired ? null : { status: change.status, resolvedAt };
    }
  }
  return parent;
}
