import type { EpochMs } from '../sample.js';
import { matches, type AlertMatcher, type AlertSubject } from './matcher.js';

/** People said that they do not want to hear of it now. What is still true afterwards is told then. */
export interface Hold {
  readonly reason: 'silenced' | 'in-maintenance';
  /** `silence:<id>` or `maintenance:<id>`. */
  readonly by: string;
  readonly until: EpochMs;
}

export interface HoldingSilence {
  readonly id: number;
  readonly matcher: AlertMatcher;
  readonly to: EpochMs;
}

/** The silence that holds an alert back the longest; `null` = none does. */
export function silencedBy(silences: readonly HoldingSilence[], subject: AlertSubject): Hold | null {
  let longest: HoldingSilence | null = null;
  for (const silence of silences)
    if ((longest === null || silence.to > longest.to) && matches(silence.matcher, subject)) longest = silence;
  return longest === null ? null : { reason: 'silenced', by: `silence:${longest.id}`, until: longest.to };
}

/** Of two holds the one that lasts longer. */
export const longerHold = (a: Hold | null, b: Hold | null): Hold | null =>
  a === null ? b : b === null || a.until >= b.until ? a : b;

/** `alert.suppressed_by` of what people held back. */
const BY_PEOPLE = /^(?:silence|maintenance):/;

/** It was told, people held it back when it was judged last (in the words of `alert.suppressed_by`), and nothing does any more. */
export const isReturned = (member: {
  readonly isTold: boolean;
  readonly suppression: object | null;
  readonly heldBefore?: string | null;
}): boolean => member.suppression === null && member.isTold && BY_PEOPLE.test(member.heldBefore ?? '');
