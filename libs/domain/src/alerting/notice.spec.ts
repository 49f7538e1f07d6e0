import fc from 'fast-check';
import type { Severity } from '../severity.js';
import type { AlertStatus } from './alert.js';
import { NOTICE_DEFAULTS, noticeDue, tellable, type IncidentMember, type OpenIncident } from './notice.js';
import { suppressionOf, type ParentAlert } from './topology.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const member = (over: Partial<IncidentMember> = {}): IncidentMember => ({
  status: 'firing',
  severity: 'major',
  isTold: false,
  isNewlyFlapping: false,
  suppression: null,
  ...over,
});
const told = (at: number, severity: Severity = 'major'): OpenIncident => ({
  openedAt: 0,
  notified: { at, severity },
});
const untold: OpenIncident = { openedAt: 0, notified: null };
const due = (incident: OpenIncident, members: IncidentMember[], now: number) =>
  noticeDue(incident, members, now, NOTICE_DEFAULTS);

describe('noticeDue', () => {
  it.each<[string, OpenIncident, IncidentMember[], number, object]>([
    ['waits for the group', untold, [member()], 29 * SECOND, { notice: null, reason: 'within-group-wait', dueAt: 30 * SECOND }],
    ['opens after the group wait', untold, [member()], 30 * SECOND, { notice: 'opened', isClosed: false }],
    [
      'says nothing of what resolved inside the group wait',
      untold,
      [member({ status: 'resolved' })],
      9 * SECOND,
      { notice: null, isClosed: true },
    ],
    [
      'says nothing about the same state',
      told(MINUTE),
      [member({ isTold: true })],
      10 * MINUTE,
      { notice: null, reason: 'within-repeat-interval' },
    ],
    [
      'says a higher severity at once',
      told(MINUTE),
      [member({ isTold: true, severity: 'critical' })],
      2 * MINUTE,
      { notice: 'severity-raised' },
    ],
    ['says nothing about a lower severity', told(MINUTE, 'critical'), [member({ isTold: true })], 9 * MINUTE, { notice: null }],
    [
      'collects new members for the group interval',
      told(MINUTE),
      [member({ isTold: true }), member()],
      5 * MINUTE,
      { notice: null, dueAt: 6 * MINUTE },
    ],
    ['tells new members after it', told(MINUTE), [member({ isTold: true }), member()], 6 * MINUTE, { notice: 'members-added' }],
    [
      'says nothing of what follows from what people know',
      told(MINUTE),
      [member({ isTold: true }), member({ isFollowUp: true })],
      6 * MINUTE,
      { notice: null, reason: 'within-repeat-interval' },
    ],
    [
      'says at once what people know and held back for a while',
      told(MINUTE),
      [member({ isTold: true }), member({ isTold: true, isReturned: true })],
      2 * MINUTE,
      { notice: 'returned' },
    ],
    [
      'takes what follows from an alert for taken when that is',
      told(MINUTE),
      [member({ isTold: true, status: 'acknowledged', acknowledgedAt: 2 * MINUTE }), member({ isFollowUp: true })],
      300 * MINUTE,
      { notice: null, reason: 'acknowledged' },
    ],
    [
      'tells flapping after the group interval',
      told(0),
      [member({ isTold: true, isNewlyFlapping: true })],
      5 * MINUTE,
      { notice: 'flapping' },
    ],
    ['repeats after four hours', told(0), [member({ isTold: true })], 240 * MINUTE, { notice: 'repeat' }],
    [
      'does not repeat what is acknowledged',
      told(0),
      [member({ isTold: true, status: 'acknowledged' })],
      240 * MINUTE,
      { notice: null, reason: 'acknowledged' },
    ],
    [
      'does not tell recovery while one member is bad',
      told(0),
      [member({ isTold: true }), member({ status: 'resolved' })],
      MINUTE,
      { notice: null, isClosed: false },
    ],
    [
      'tells recovery with the last member',
      told(0),
      [member({ status: 'resolved' })],
      MINUTE,
      { notice: 'recovered', isClosed: true },
    ],
  ])('%s', (...[, incident, members, now, expected]) => {
    expect(due(incident, members, now)).toMatchObject(expected);
  });

  it('keeps a suppressed member back until its suppression ends', () => {
    const suppression = {
      reason: 'site-came-back',
      until: 7 * MINUTE,
    } as const;
    expect(due(untold, [member({ suppression })], MINUTE)).toMatchObject({
      notice: null,
      reason: 'all-members-suppressed',
      dueAt: 7 * MINUTE,
    });
  });
});

describe('suppressionOf', () => {
  it.each<[ParentAlert | null, string | undefined]>([
    [null, undefined],
    [{ status: 'pending', resolvedAt: null }, 'site-may-be-down'],
    [{ status: 'firing', resolvedAt: null }, 'site-is-down'],
    [{ status: 'acknowledged', resolvedAt: null }, 'site-is-down'],
    [{ status: 'resolved', resolvedAt: 0 }, 'site-came-back'],
    [{ status: 'resolved', resolvedAt: -10 * MINUTE }, undefined],
  ])('%j gives %s', (parent, reason) => {
    expect(suppressionOf('circuit-down', parent, MINUTE, 5 * MINUTE)?.reason).toBe(reason);
    expect(suppressionOf('sle', parent, MINUTE, 5 * MINUTE)?.reason).toBe(reason);
    expect(suppressionOf('site-down', parent, MINUTE, 5 * MINUTE)).toBeNull();
  });
});

/** Asks again and again until `until`, as the sweep does, and applies what was sent. */
function sweep(incident: OpenIncident, members: IncidentMember[], from: number, until: number) {
  const sent: string[] = [];
  let isClosed = false;
  for (let now = from; now <= until && !isClosed; now += 10 * SECOND) {
    const decision = due(incident, members, now);
    if (decision.notice !== null) {
      sent.push(decision.notice);
      incident = {
        ...incident,
        notified: {
          at: now,
          severity: members.reduce<Severity>((s, m) => (m.severity === 'critical' ? 'critical' : s), 'major'),
        },
      };
      const active = new Set(tellable(members));
      members = members.map((m) => (active.has(m) ? { ...m, isTold: true } : m));
    }
    isClosed = decision.isClosed;
  }
  return { incident, members, sent, isClosed };
}

describe('laws of notices', () => {
  it('sends exactly one notice per state change, however often it is asked', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), fc.integer({ min: 1, max: 200 }), (gotWorse, hadSecond, minutes) => {
        const expected = [
          'opened',
          ...(gotWorse ? ['severity-raised'] : []),
          ...(hadSecond ? ['members-added'] : []),
          'recovered',
        ];
        const sent: string[] = [];
        let now = 0;
        let step = sweep(untold, [member()], now, (now = minutes * MINUTE));
        sent.push(...step.sent);
        if (gotWorse) {
          step = sweep(
            step.incident,
            step.members.map((m) => ({ ...m, severity: 'critical' })),
            now,
            (now += 6 * MINUTE),
          );
          sent.push(...step.sent);
        }
        if (hadSecond) {
          step = sweep(step.incident, [...step.members, member()], now, (now += 6 * MINUTE));
          sent.push(...step.sent);
        }
        sent.push(
          ...sweep(
            step.incident,
            step.members.map((m) => ({ ...m, status: 'resolved' })),
            now,
            now + MINUTE,
          ).sent,
        );
        expect(sent).toEqual(expected);
      }),
    );
  });

  it('never tells a child while its parent is down, in any order of arrival', () => {
    const happening = fc.record({
      at: fc.integer({ min: 0, max: 600 }),
      who: fc.constantFrom('child', 'parent'),
      status: fc.constantFrom<AlertStatus>('pending', 'firing', 'resolved'),
    });
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 12 }), (happenings) => {
        let incident: OpenIncident = untold;
        let child: AlertStatus = 'resolved';
        let parent: ParentAlert | null = null;
        const ordered = [...happenings].sort((a, b) => a.at - b.at);
        for (let now = 0; now <= 660; now += 5) {
          while (ordered[0] && ordered[0].at <= now) {
            const { who, status } = ordered.shift()!;
            if (who === 'child') child = status;
            else
              parent = {
                status,
                resolvedAt: status === 'resolved' ? now * SECOND : null,
              };
          }
          const suppression = suppressionOf('circuit-down', parent, now * SECOND, 5 * MINUTE);
          const members = [member({ status: child, suppression })];
          const { notice } = due(incident, members, now * SECOND);
          if (notice !== null && notice !== 'recovered') {
            expect(parent === null || parent.status === 'resolved').toBe(true);
            incident = {
              openedAt: 0,
              notified: { at: now * SECOND, severity: 'major' },
            };
          }
        }
      }),
    );
  });
});
