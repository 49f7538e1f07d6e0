import type { Severity } from '../severity.js';
import { ALERT_RULES, NEVER_BREACHED, statusOf, type AlertRule, type AlertState } from './alert.js';
import { acknowledge, transition } from './transition.js';

const MINUTE = 60_000;
type Step = [minute: number, breached: boolean | null | 'time', severity?: Severity];

/** Walks through the steps; the answer is the list of changes as `minute status reason`. */
function changesOf(rule: AlertRule, steps: readonly Step[], from: AlertState = NEVER_BREACHED): string[] {
  let state = from;
  const changes: string[] = [];
  for (const [minute, breached, severity = 'major'] of steps) {
    const at = minute * MINUTE;
    const result = transition(state, breached === 'time' ? null : { breached, severity, at }, rule, at);
    if (result.change) changes.push(`${minute} ${result.change.to} ${result.change.reason}`);
    state = result.state;
  }
  return changes;
}

describe('transition', () => {
  const cases: {
    story: string;
    rule: AlertRule;
    steps: Step[];
    changes: string[];
  }[] = [
    {
      story: 'an SLE alert fires at once and clears after two good polls',
      rule: ALERT_RULES.sle,
      steps: [
        [0, false],
        [15, true],
        [30, true],
        [45, false],
        [60, false],
      ],
      changes: ['15 firing fired-at-once', '60 resolved good-lasted'],
    },
    {
      story: 'one good poll between bad ones clears nothing',
      rule: ALERT_RULES.sle,
      steps: [
        [15, true],
        [30, false],
        [45, true],
        [80, false],
      ],
      changes: ['15 firing fired-at-once'],
    },
    {
      story: 'an unknown poll between two good ones starts the count again',
      rule: ALERT_RULES.sle,
      steps: [
        [0, true],
        [15, false],
        [30, null],
        [45, false],
        [60, false],
      ],
      changes: ['0 firing fired-at-once', '60 resolved good-lasted'],
    },
    {
      story: 'unknown never resolves, however long',
      rule: ALERT_RULES.sle,
      steps: [
        [0, true],
        [15, null],
        [600, null],
        [6000, 'time'],
      ],
      changes: ['0 firing fired-at-once'],
    },
    {
      story: 'a circuit clears by time alone after two minutes up',
      rule: ALERT_RULES['circuit-down'],
      steps: [
        [0, true],
        [5, false],
        [6, 'time'],
        [7, 'time'],
      ],
      changes: ['0 firing fired-at-once', '7 resolved good-lasted'],
    },
    {
      story: 'a circuit that falls again within the two minutes stays the same alert',
      rule: ALERT_RULES['circuit-down'],
      steps: [
        [0, true],
        [5, false],
        [6, true],
        [7, 'time'],
        [8, 'time'],
      ],
      changes: ['0 firing fired-at-once'],
    },
    {
      story: 'a site is down after two minutes',
      rule: ALERT_RULES['site-down'],
      steps: [
        [0, true],
        [1, 'time'],
        [2, 'time'],
      ],
      changes: ['0 pending breach-began', '2 firing breach-lasted'],
    },
    {
      story: 'a site back within two minutes never fired',
      rule: ALERT_RULES['site-down'],
      steps: [
        [0, true],
        [1, false],
        [9, 'time'],
      ],
      changes: ['0 pending breach-began', '1 resolved good-before-firing'],
    },
    {
      story: 'severity moves inside the alert',
      rule: ALERT_RULES.sle,
      steps: [
        [0, true, 'major'],
        [15, true, 'critical'],
        [30, true, 'critical'],
        [45, true, 'major'],
      ],
      changes: ['0 firing fired-at-once', '15 firing severity-raised', '45 firing severity-lowered'],
    },
    {
      story: 'the fourth change in an hour is flapping, which ends after a quiet hour',
      rule: ALERT_RULES['circuit-down'],
      steps: [
        [0, true],
        [1, false],
        [10, true],
        [11, false],
        [12, true],
        [13, false],
        [40, 'time'],
        [73, 'time'],
      ],
      changes: ['0 firing fired-at-once', '11 firing flapping', '73 resolved flapping-ended-quiet'],
    },
    {
      story: 'flapping that ends down goes on as an ordinary alert',
      rule: ALERT_RULES['circuit-down'],
      steps: [
        [0, true],
        [1, false],
        [2, true],
        [3, false],
        [4, true],
        [64, 'time'],
        [70, false],
        [72, 'time'],
      ],
      changes: [
        '0 firing fired-at-once',
        '3 firing flapping',
        '64 firing flapping-ended-still-breached',
        '72 resolved good-lasted',
      ],
    },
    {
      story: 'flaps are remembered across a resolved alert',
      rule: ALERT_RULES['circuit-down'],
      steps: [
        [0, true],
        [5, false],
        [7, 'time'],
        [20, true],
        [25, false],
        [27, 'time'],
      ],
      changes: ['0 firing fired-at-once', '7 resolved good-lasted', '20 firing fired-at-once', '25 firing flapping'],
    },
    {
      story: 'four changes over more than an hour are no flapping',
      rule: ALERT_RULES['circuit-down'],
      steps: [
        [0, true],
        [20, false],
        [22, 'time'],
        [40, true],
        [60, false],
        [62, 'time'],
      ],
      changes: ['0 firing fired-at-once', '22 resolved good-lasted', '40 firing fired-at-once', '62 resolved good-lasted'],
    },
  ];
  it.each(cases)('$story', ({ rule, steps, changes }) => {
    expect(changesOf(rule, steps)).toEqual(changes);
  });

  it('says why it changed nothing', () => {
    const { state } = transition(NEVER_BREACHED, { breached: true, severity: 'major', at: 10 }, ALERT_RULES.sle, 10);
    expect(transition(state, { breached: false, severity: 'info', at: 10 }, ALERT_RULES.sle, 20)).toMatchObject({
      state,
      change: null,
      reason: 'repeated-or-older',
    });
    expect(transition(state, { breached: null, severity: 'unknown', at: 11 }, ALERT_RULES.sle, 20).reason).toBe(
      'unknown-changes-nothing',
    );
  });

  it('takes an acknowledgement back when it gets worse, and keeps it when it gets better', () => {
    const { state } = transition(NEVER_BREACHED, { breached: true, severity: 'major', at: 10 }, ALERT_RULES.sle, 10);
    const taken = acknowledge(state, { by: 'noc', at: 20 }, ALERT_RULES.sle);
    expect(taken.change).toEqual({
      to: 'acknowledged',
      reason: 'acknowledged',
      severity: 'major',
    });
    const blip = transition(taken.state, { breached: false, severity: 'info', at: 30 }, ALERT_RULES.sle, 30).state;
    const again = transition(blip, { breached: true, severity: 'major', at: 40 }, ALERT_RULES.sle, 40).state;
    expect(statusOf(again)).toBe('acknowledged');
    expect(transition(again, { breached: true, severity: 'critical', at: 50 }, ALERT_RULES.sle, 50).change?.to).toBe('firing');
  });
});
