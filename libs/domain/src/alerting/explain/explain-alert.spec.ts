import { NEVER_BREACHED, type AlertState } from '../alert.js';
import { explainAlert } from './explain-alert.js';
import { explainSubject } from './explain-subject.js';
import type { AlertStory, DeliveryStory, IncidentStory, SubjectStory } from './story.js';

const AT = Date.UTC(2026, 2, 1, 12);
const FIRING: AlertState = {
  kind: 'firing',
  observedAt: AT,
  breached: true,
  flips: [AT],
  since: AT,
  severity: 'major',
  firedAt: AT,
  acknowledgement: null,
};
const delivery = (over: Partial<DeliveryStory>): DeliveryStory => ({
  createdAt: AT + 30_000,
  destination: 'email:noc@example.com',
  reason: 'opened',
  status: 'sent',
  withheldReason: null,
  attempts: [],
  ...over,
});
const incident = (over: Partial<IncidentStory>): IncidentStory => ({
  id: 4,
  title: 'Alder Street: circuit main down',
  openedAt: AT,
  joinedAt: AT,
  toldAt: null,
  members: 1,
  decisions: [],
  deliveries: [],
  ...over,
});
const story = (over: Partial<AlertStory>): AlertStory => ({
  alert: {
    id: 17,
    rule: 'circuit-down',
    about: 'circuit main',
    status: 'firing',
    severity: 'major',
    state: FIRING,
    suppressedBy: null,
  },
  changes: [{ at: AT, to: 'firing', severity: 'major', reason: 'fired-at-once', data: { at: AT } }],
  incidents: [],
  hiddenIncidents: 0,
  notes: [],
  noise: null,
  ...over,
});
const lastOf = (told: AlertStory): string => explainAlert(told).at(-1)?.text ?? '';

describe('the story of an alert', () => {
  it('is in the order of time, whatever it is made of', () => {
    const sent = delivery({
      attempts: [
        { at: AT + 31_000, outcome: 'retry', answer: 'timed out' },
        { at: AT + 41_000, outcome: 'sent', answer: '250 accepted' },
      ],
    });
    const decisions = [{ at: AT + 30_000, reason: 'opened', detail: { policy: 'night' } }];
    const lines = explainAlert(
      story({
        incidents: [incident({ members: 3, decisions, deliveries: [sent] })],
        notes: [{ at: AT + 35_000, author: 'noc', text: 'looking' }],
        noise: { at: AT + 90_000, by: 'noc' },
      }),
    );
    expect(lines.map(({ text }) => text)).toEqual([
      'firing (major): it was seen, and the rule does not wait [observed 2026-03-01 12:00 UTC]',
      'joined incident 4 "Alder Street: circuit main down" with 2 other alerts',
      'people are told: it is a new incident (policy night)',
      'email:noc@example.com did not take it, so it is tried again (opened): timed out',
      'note of noc: looking',
      'email:noc@example.com took it (opened): 250 accepted',
      'marked as noise by noc',
      'circuit-down about circuit main is firing (major). Told: email:noc@example.com.',
    ]);
  });

  it.each<[Partial<AlertStory>, string]>([
    [{ changes: [] }, 'it has not fired yet'],
    [{}, 'the notifier has not seen it yet'],
    [{ incidents: [incident({})] }, 'has not been judged'],
    [
      { incidents: [incident({ decisions: [{ at: AT, reason: 'within-group-wait', detail: {} }] })] },
      'what falls together is told together',
    ],
    [{ incidents: [incident({ deliveries: [delivery({ status: 'due' })] })] }, 'notices are on their way'],
    [{ incidents: [incident({ deliveries: [delivery({ status: 'dead' })] })] }, 'every attempt to reach somebody failed'],
  ])('says why nobody was told: %#', (over, why) => {
    expect(lastOf(story(over))).toMatch(/Nobody has been told/);
    expect(lastOf(story(over))).toContain(why);
  });

  it('does not say that nobody was told of what the reader may not see', () => {
    expect(lastOf(story({ hiddenIncidents: 1 }))).toMatch(
      /is firing \(major\)\. It is part of an incident with alerts of other sites/,
    );
    const told = lastOf(story({ hiddenIncidents: 2, incidents: [incident({ deliveries: [delivery({})] })] }));
    expect(told).toContain('Told: email:noc@example.com. It is part of 2 incidents');
  });

  it.each([
    ['alert:3', 'alert 3 explains it'],
    ['silence:7', 'silence 7 covers it'],
    ['maintenance:2', 'maintenance 2 covers it'],
    ['incident:9', 'incident:9 covers it'],
  ])('says what %s means', (suppressedBy, words) => {
    const { alert } = story({});
    expect(lastOf(story({ alert: { ...alert, suppressedBy } }))).toContain(`is suppressed (major). Held back now: ${words}`);
  });

  it('keeps going where reasons are unknown to it, and holds nothing back of a withheld notice', () => {
    const changes = [
      { at: AT, to: 'firing' as const, severity: 'major' as const, reason: 'constructor', data: { metric: 'loss', value: null } },
    ];
    const deliveries = [delivery({ status: 'withheld', withheldReason: 'in-maintenance' })];
    const texts = explainAlert(story({ changes, incidents: [incident({ deliveries })] })).map(({ text }) => text);
    expect(texts[0]).toBe('firing (major): constructor [loss no data]');
    expect(texts[2]).toBe('email:noc@example.com was not told after all (opened): in maintenance');
  });

  it('ends where the alert ended', () => {
    const { alert } = story({});
    const over = { ...alert, status: 'resolved' as const, state: NEVER_BREACHED };
    expect(lastOf(story({ alert: over, changes: [] }))).toBe(
      'circuit-down about circuit main is resolved (major). Nobody has been told: it never fired.',
    );
  });
});

describe('why there is no alert', () => {
  const subject: SubjectStory = {
    about: 'circuit main',
    removedAt: null,
    open: [],
    past: [{ id: 3, rule: 'circuit-down', firedAt: null, resolvedAt: AT, reason: 'good-before-firing' }],
    circuits: [
      { name: 'main', state: null, since: null, seenAt: null, isLive: true, isDisabled: false },
      { name: 'old', state: 'down', since: AT, seenAt: AT, isLive: false, isDisabled: false },
      { name: 'off', state: 'down', since: AT, seenAt: AT, isLive: true, isDisabled: true },
    ],
    gateways: [{ name: 'gw', connected: null, since: null }],
    polls: [{ kind: 'wan-ports', committedAt: null }],
    disabledRules: ['trend'],
    silences: [],
  };

  it('names everything that keeps a rule from firing', () => {
    expect(explainSubject({ ...subject, removedAt: AT }, AT).map(({ text }) => text)).toEqual([
      'alert 3 (circuit-down) ended: it was good again before it fired; nobody was told; it never fired',
      'There is no open alert about circuit main.',
      'Mist has not listed it since 2026-03-01 12:00 UTC: nothing fires about it.',
      'Circuit main: nobody knows whether it is up; unknown opens no alert, never seen.',
      'Circuit old: known from an import only; imports open no alert.',
      'Circuit off: its port is disabled, so it cannot be down.',
      'Gateway gw: the cloud does not say whether it is connected.',
      'wan-ports has never been read.',
      'Switched off: trend.',
    ]);
  });
});
