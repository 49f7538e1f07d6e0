import type { AlertState, StateOf } from './alert.js';

/**
 * Somebody says that it is over; `null` = there is nothing to end. What was seen is kept: an observation that is still bad is no change between
 * good and bad, but opens a new alert.
 */
export function resolvedByHand(state: AlertState): StateOf<'ok'> | null {
  if (state.kind === 'ok') return null;
  const { observedAt, breached, flips } = state;
  return { kind: 'ok', observedAt, breached, flips };
}
