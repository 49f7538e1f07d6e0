import fc from 'fast-check';
import type { Severity } from '../severity.js';
import { ALERT_RULES, NEVER_BREACHED, statusOf, type AlertRule, type AlertState } from './alert.js';
import { endOfRemoved, transition, type AlertTransition } from './transition.js';

const MINUTE = 60_000;
const severity = fc.constantFrom<Severity>('major', 'critical');
const steps = fc.array(
  fc.record({
    gapMs: fc.integer({ min: 0, max: 40 * MINUTE }),
    breached: fc.constantFrom(true, false, null, 'time' as const),
    severity,
  }),
  { maxLength: 60 },
);
const anyRule = fc.constantFrom(...Object.values(ALERT_RULES));

/** Runs the steps, calling `look` with each transition. */
function run(
  rule: AlertRule,
  list: {
    gapMs: number;
    breached: boolean | null | 'time';
    severity: Severity;
  }[],
  look: (before: AlertState, result: AlertTransition, now: number) => void,
) {
  let state: AlertState = NEVER_BREACHED;
  let now = 0;
  for (const step of list) {
    now += step.gapMs;
    const result = transition(
      state,
      step.breached === 'time' ? null : { breached: step.breached, severity: step.severity, at: now },
      rule,
      now,
    );
    look(state, result, now);
    state = result.state;
  }
}

describe('laws of transition', () => {
  it('a repeated or late observation changes nothing', () => {
    fc.assert(
      fc.property(anyRule, steps, fc.integer({ min: 0, max: 10 * MINUTE }), fc.boolean(), (rule, list, ageMs, breached) =>
        run(rule, list, (_, { state }, now) => {
          if (state.observedAt === null) return;
          const late = {
            breached,
            severity: 'critical' as const,
            at: state.observedAt - ageMs,
          };
          expect(transition(state, late, rule, now)).toMatchObject({
            state,
            change: null,
          });
        }),
      ),
    );
  });

  it('an unknown observation never resolves and never fires', () => {
    fc.assert(
      fc.property(anyRule, steps, (rule, list) =>
        run(rule, list, (_, { state }, now) => {
          const { change } = transition(state, { breached: null, severity: 'unknown', at: now + 1 }, rule, now + 1);
          expect(change).toBeNull();
        }),
      ),
    );
  });

  it('what was removed is over, whatever was seen of it, and once', () => {
    fc.assert(
      fc.property(anyRule, steps, (rule, list) =>
        run(rule, list, (_, { state }) => {
          const { state: end, change, dueAt } = endOfRemoved(state, rule);
          expect([statusOf(end), dueAt]).toEqual(['resolved', null]);
          expect(change?.reason).toBe(state.kind === 'ok' ? undefined : 'site-removed');
          expect(endOfRemoved(end, rule)).toMatchObject({ state: end, change: null });
        }),
      ),
    );
  });

  it('time passing twice is time passing once', () => {
    fc.assert(
      fc.property(anyRule, steps, (rule, list) =>
        run(rule, list, (_, { state }, now) => {
          const once = transition(state, null, rule, now);
          expect(transition(once.state, null, rule, now)).toMatchObject({
            state: once.state,
            change: null,
          });
        }),
      ),
    );
  });

  it('a status moves exactly when a change is told, and only flapping or severity changes keep the status', () => {
    fc.assert(
      fc.property(anyRule, steps, (rule, list) =>
        run(rule, list, (before, { state, change, reason }) => {
          if (change === null) expect(statusOf(state)).toBe(statusOf(before));
          else expect(statusOf(state)).toBe(change.to);
          if (change !== null && statusOf(before) === change.to) expect(reason).toMatch(/^(severity|flapping)/);
        }),
      ),
    );
  });

  it('while flapping nothing is told until the quiet hour, but a worse severity', () => {
    fc.assert(
      fc.property(anyRule, steps, (rule, list) =>
        run(rule, list, (before, { change }) => {
          if (before.kind === 'flapping' && change) expect(change.reason).toMatch(/^(severity-|flapping-ended)/);
        }),
      ),
    );
  });
});
