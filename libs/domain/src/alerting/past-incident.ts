import type { EpochMs } from '../sample.js';
import type { Severity } from '../severity.js';
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

/** An alert of an incident with what became of it, ascending. */
export interface PastMember {
  readonly alertId: number;
  readonly siteId: number | null;
  readonly circuitId: number | null;
  readonly subject: AlertSubject;
  readonly joinedAt: EpochMs;
  /** When it went over to another incident. */
  readonly movedAt: EpochMs | null;
  readonly changes: readonly PastChange[];
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

/** How a member stood; `null` = it was not in the incident. */
export function memberAt({ joinedAt, movedAt, changes }: PastMember, at: EpochMs): MemberThen | null {
  if (at < joinedAt || (movedAt !== null && at >= movedAt)) return null;
  let then: MemberThen = { status: 'pending', severity: 'unknown', acknowledgedAt: null, flappingSince: null };
  for (const change of changes) {
    if (change.at > at) break;
    const { status, severity, flapping } = change;
    then = {
      status,
      severity,
      acknowledgedAt: status === 'acknowledged' ? (then.acknowledgedAt ?? change.at) : null,
      flappingSince: status === 'resolved' || flapping === 'ended' ? null : flapping === 'began' ? change.at : then.flappingSince,
    };
  }
  return then;
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
