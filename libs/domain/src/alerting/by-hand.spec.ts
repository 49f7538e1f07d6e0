import { ALERT_RULES, NEVER_BREACHED, type AlertState } from './alert.js';
import { resolvedByHand } from './by-hand.js';
import { transition } from './transition.js';

const AT = Date.UTC(2026, 2, 1);
const RULE = ALERT_RULES['circuit-down'];
const bad = (at: number) => ({ breached: true, severity: 'major', at }) as const;

const firing = (): AlertState => transition(NEVER_BREACHED, bad(AT), RULE, AT).state;

describe('an alert that somebody resolves', () => {
  it('is over, and knows what was seen', () => {
    expect(resolvedByHand(firing())).toEqual({ kind: 'ok', observedAt: AT, breached: true, flips: [AT] });
  });

  it('opens again when the next observation is still bad, which is no change of the line', () => {
    const over = resolvedByHand(firing());
    const again = transition(over ?? NEVER_BREACHED, bad(AT + 60_000), RULE, AT + 60_000);
    expect(again.change).toMatchObject({ to: 'firing', reason: 'fired-at-once' });
    expect(again.state.flips).toEqual([AT]);
  });

  it('cannot be one that is over', () => {
    expect(resolvedByHand(NEVER_BREACHED)).toBeNull();
  });
});
