import { MINUTE_MS, type EpochMs, type Severity } from '@app/domain';
import type { CollectSettings } from '@app/shared';
import type { PollStanding } from './watch.repository.js';

/** Why Mist does not let us read, as the collector noted it. */
export interface Trouble {
  readonly severity: Severity;
  readonly text: string;
  /** Kinds of data that it keeps from coming in. */
  readonly kinds: readonly string[];
}

/** Refusals that last are told at once; a pause only when it is longer than this. */
const LONG_MS = 15 * MINUTE_MS;

interface Told {
  readonly severity: Severity;
  readonly text: string;
  readonly isAtOnce: boolean;
}

/** Failures that come from the token and not from the network, the worst first. */
const TOLD: Readonly<Record<string, Told>> = {
  MIST_UNAUTHORIZED: {
    severity: 'critical',
    text: 'Mist answers 401: the token is wrong or was revoked. Nothing of this organization is read until it is replaced',
    isAtOnce: true,
  },
  MIST_FORBIDDEN: {
    severity: 'critical',
    text: 'Mist answers 403: the token may not read this organization. Nothing of it is read until that is granted',
    isAtOnce: true,
  },
  MIST_NO_TOKEN: { severity: 'critical', text: 'no token is configured', isAtOnce: true },
  BUDGET_EXHAUSTED: {
    severity: 'major',
    text: 'the calls of this hour are used up; data is late until the next hour. Lengthen the intervals, or add a second token',
    isAtOnce: false,
  },
  MIST_THROTTLED: {
    severity: 'major',
    text: 'Mist has told the token to wait (429). Somebody else may be using it; data is late until it may call again',
    isAtOnce: false,
  },
};

/** `null`: the token is well, or what is wrong has nothing to do with it. */
export function collectionTrouble(polls: readonly PollStanding[], now: EpochMs): Trouble | null {
  for (const [code, { severity, text, isAtOnce }] of Object.entries(TOLD)) {
    const failing = polls.filter(
      ({ failureCode, committedAt, failedAt }) =>
        failureCode === code && (isAtOnce || now - (committedAt ?? failedAt ?? now) > LONG_MS),
    );
    if (failing.length > 0) return { severity, text, kinds: failing.map(({ kind }) => kind) };
  }
  return null;
}

/** Intervals without a stored poll after which a kind of data counts as stopped. */
const STOPPED_INTERVALS = 3;
/** Detail is read of some sites only, and not at all while nothing is degraded; a configuration can wait. */
const NOT_WATCHED: readonly string[] = ['sle-detail', 'gateway-config'];

/** Kinds of data of which nothing was stored for three intervals; of those never stored, since the org is known. */
export function stoppedKinds(asked: {
  readonly polls: readonly PollStanding[];
  readonly since: EpochMs;
  readonly now: EpochMs;
  readonly intervalsSeconds: CollectSettings['intervalsSeconds'];
}): string[] {
  const { polls, since, now, intervalsSeconds } = asked;
  return Object.entries(intervalsSeconds).flatMap(([kind, seconds]) => {
    const last = polls.find((poll) => poll.kind === kind)?.committedAt ?? since;
    return !NOT_WATCHED.includes(kind) && now - last > STOPPED_INTERVALS * seconds * 1_000 ? [kind] : [];
  });
}
