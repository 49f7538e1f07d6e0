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

/** As if somebody had taken the alert at these times (ascending); a worse severity takes that back. */
export function withTakings(changes: readonly PastChange[], times: readonly EpochMs[]): PastChange[] {
  const [at, ...later] = times;
  if (at === undefined) return [...changes];
  const before = changes.filter((change) => change.at <= at);
  const then = before.at(-1);
  if (then?.status !== 'firing') return withTakings(changes, later);
  const after = changes.slice(before.length);
  const lost = after.findIndex(
    ({ status, severity }) => status !== 'firing' || severityRank(severity) > severityRank(then.severity),
  );
  const kept = lost === -1 ? after.length : lost;
  const taken = after.slice(0, kept).map((change): PastChange => ({ ...change, status: 'acknowledged' }));
  const own: PastChange = { at, status: 'acknowledged', severity: then.severity, flapping: null };
  return withTakings([...before, own, ...taken, ...after.slice(kept)], later);
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
