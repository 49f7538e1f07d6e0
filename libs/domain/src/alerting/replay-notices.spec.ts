import type { PastAcknowledgement, PastChange, PastIncident } from './past-incident.js';
import { parentAt, withTakings } from './past-incident.js';
import { NOTICE_DEFAULTS } from './notice.js';
import { DEFAULT_POLICY, type Policy } from './policy.js';
import { replayNotices, type Circumstances } from './replay-notices.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const T0 = Date.UTC(2026, 2, 2, 12);
const at = (minute: number): number => T0 + minute * MINUTE;
const subject = {
  rule: 'site-down',
  severity: 'critical',
  org: 'org-1',
  site: 'site-1',
  region: 'North',
  storeType: null,
  circuits: [],
  providers: [],
  metrics: [],
} as const;
const change = (minute: number, status: PastChange['status'], more: Partial<PastChange> = {}): PastChange => ({
  at: at(minute),
  status,
  severity: 'critical',
  flapping: null,
  ...more,
});
const incident = (
  changes: readonly PastChange[],
  acknowledgements: readonly PastAcknowledgement[] = [],
  more: Partial<PastIncident> = {},
): PastIncident => ({
  id: 1,
  openedAt: T0,
  foldedInto: null,
  members: [{ alertId: 1, siteId: 1, circuitId: null, subject, joinedAt: T0, movedAt: null, changes }],
  acknowledgements,
  widenedAt: [],
  ...more,
});
const free: Circumstances = { edges: [], suppressionAt: () => null };
const steps = (id: string, ...told: [number, string, number?][]): Policy => ({
  ...DEFAULT_POLICY,
  id,
  steps: told.map(([afterMinutes, to, repeatMinutes]) => ({
    afterMs: afterMinutes * MINUTE,
    to: [to],
    repeatMs: repeatMinutes === undefined ? null : repeatMinutes * MINUTE,
    repeats: null,
  })),
});
const replay = (past: PastIncident, policies: readonly Policy[] = [], circumstances = free, until = at(24 * 60)): string[] =>
  replayNotices(past, { notices: NOTICE_DEFAULTS, policies, recipientsOf: (names) => names }, circumstances, { until }).map(
    (notice) => `${String((notice.at - T0) / MINUTE)} ${notice.reason} ${notice.to.join()}`,
  );

describe('notices that would have been sent', () => {
  const down = [change(0, 'firing'), change(600, 'resolved')];

  it('are what the default sends: after the group wait, every four hours, and at the end', () => {
    expect(replay(incident(down))).toEqual([
      '0.5 opened everybody',
      '240.5 repeat everybody',
      '480.5 repeat everybody',
      '600 recovered everybody',
    ]);
  });

  it('follow the steps of another policy, and end for all who were told', () => {
    expect(replay(incident(down), [steps('patient', [0, 'first', 200], [300, 'second', 1000])])).toEqual([
      '0.5 opened first',
      '200.5 repeat first',
      '300.5 escalated second',
      '400.5 repeat first',
      '600 recovered first,second',
    ]);
  });

  it('stop where people took it, and go on where another time-out ends that sooner', () => {
    const taken = incident(
      [change(0, 'firing'), change(10, 'acknowledged'), change(600, 'resolved')],
      [{ at: at(10), by: 'Example Person', until: null }],
    );
    expect(replay(taken)).toEqual(['0.5 opened everybody', '600 recovered everybody']);
    const impatient = { ...DEFAULT_POLICY, id: 'impatient', ackTimeoutMs: 2 * HOUR };
    expect(replay(taken, [impatient])).toEqual([
      '0.5 opened everybody',
      '130 acknowledgement-expired everybody',
      '370 repeat everybody',
      '600 recovered everybody',
    ]);
  });

  it('are held back by a silence, and return after it', () => {
    const silence = { reason: 'silenced', by: 'silence:1', until: at(120) } as const;
    const silenced: Circumstances = {
      edges: [at(60), at(120)],
      suppressionAt: (_, __, now) => (now >= at(60) && now < at(120) ? silence : null),
    };
    expect(replay(incident(down), [], silenced)).toEqual([
      '0.5 opened everybody',
      '120 returned everybody',
      '360 repeat everybody',
      '600 recovered everybody',
    ]);
  });

  it('bring back a part that was silenced after it was told, while the rest went on', () => {
    const [first] = incident(down).members;
    const both = first === undefined ? [] : [first, { ...first, alertId: 2, siteId: 2 }];
    const silence = { reason: 'silenced', by: 'silence:1', until: at(120) } as const;
    const partly: Circumstances = {
      edges: [at(60), at(120)],
      suppressionAt: ({ alertId }, _, now) => (alertId === 2 && now >= at(60) && now < at(120) ? silence : null),
    };
    expect(replay({ ...incident(down), members: both }, [], partly)).toEqual([
      '0.5 opened everybody',
      '120 returned everybody',
      '360 repeat everybody',
      '600 recovered everybody',
    ]);
  });

  it('are the same for an incident of thousands, within the seconds between two looks', () => {
    const [first] = incident(down).members;
    const member = (alertId: number) => ({
      ...(first ?? { siteId: 1, circuitId: null, subject, joinedAt: T0, movedAt: null }),
      alertId,
      changes: [change(0, 'firing'), change(600 + alertId / 1_000, 'resolved')],
    });
    const members = Array.from({ length: 2_000 }, (_, i) => member(i + 1));
    expect(replay({ ...incident(down), members })).toEqual([
      '0.5 opened everybody',
      '240.5 repeat everybody',
      '480.5 repeat everybody',
      '602 recovered everybody',
    ]);
  });

  it('begin anew with a worse severity', () => {
    const worse = incident([change(0, 'firing', { severity: 'major' }), change(30, 'firing'), change(60, 'resolved')]);
    expect(replay(worse)).toEqual(['0.5 opened everybody', '30 severity-raised everybody', '60 recovered everybody']);
  });

  it('tell once of flapping, and nothing of what is over within the group wait', () => {
    const flapping = incident([change(0, 'firing'), change(20, 'firing', { flapping: 'began' }), change(90, 'resolved')]);
    expect(replay(flapping)).toEqual(['0.5 opened everybody', '20 flapping everybody', '90 recovered everybody']);
    expect(replay(incident([change(0, 'firing'), change(0.2, 'resolved')]))).toEqual([]);
  });

  it('stop where the time that is asked about ends', () => {
    expect(replay(incident(down), [], free, at(300))).toEqual(['0.5 opened everybody', '240.5 repeat everybody']);
  });

  it('go on in an outage without a recovery of their own', () => {
    const moved = incident(down, [], { foldedInto: 2 });
    const members = moved.members.map((member) => ({ ...member, movedAt: at(5) }));
    expect(replay({ ...moved, members })).toEqual(['0.5 opened everybody']);
    const [left] = members;
    const ended =
      left === undefined ? [] : [{ ...left, alertId: 2, movedAt: null, changes: [change(0, 'firing'), change(5, 'resolved')] }];
    expect(replay({ ...moved, members: [...members, ...ended] })).toEqual(['0.5 opened everybody']);
  });
});

describe('what hangs below a site', () => {
  const parents = [
    [change(0, 'pending'), change(2, 'firing'), change(30, 'resolved')],
    [change(40, 'pending'), change(41, 'resolved')],
  ];
  it.each([
    [-1, null],
    [0, { status: 'pending', resolvedAt: null }],
    [10, { status: 'firing', resolvedAt: null }],
    [31, { status: 'resolved', resolvedAt: at(30) }],
    [40, { status: 'pending', resolvedAt: null }],
    [42, null],
  ])('sees it at minute %d', (minute, parent) => {
    expect(parentAt(parents, at(minute))).toEqual(parent);
  });
});

describe('an alert that people took', () => {
  const lines = (changes: readonly PastChange[]): string[] =>
    changes.map((each) => `${String((each.at - T0) / MINUTE)} ${each.status}`);
  const worse = [change(0, 'firing', { severity: 'major' }), change(20, 'firing'), change(60, 'resolved')];

  const taken = (minute: number, until: number | null = null) => ({ at: at(minute), until: until === null ? null : at(until) });

  it('is theirs until it is over, or gets worse', () => {
    expect(lines(withTakings([change(0, 'firing'), change(60, 'resolved')], [taken(10)]))).toEqual([
      '0 firing',
      '10 acknowledged',
      '60 resolved',
    ]);
    expect(lines(withTakings(worse, [taken(10), taken(30)]))).toEqual([
      '0 firing',
      '10 acknowledged',
      '20 firing',
      '30 acknowledged',
      '60 resolved',
    ]);
  });

  it('cannot be taken when it is over, and not before it fires by whom it is no longer', () => {
    expect(withTakings(worse, [taken(-2, -1), taken(60), taken(90)])).toEqual(worse);
    expect(withTakings([change(0, 'pending'), change(2, 'resolved')], [taken(-1)])).toHaveLength(2);
  });

  it('is theirs from the moment in which it fires when it was theirs before, for as long as that was', () => {
    const late = [change(0, 'pending'), change(5, 'firing'), change(60, 'resolved')];
    expect(lines(withTakings(late, [taken(-4_320)]))).toEqual(['0 pending', '5 firing', '5 acknowledged', '60 resolved']);
    const released = ['0 pending', '5 firing', '5 acknowledged', '40 firing', '60 resolved'];
    expect(lines(withTakings(late, [taken(-4_320, -4_000), taken(-10, 40)]))).toEqual(released);
    expect(lines(withTakings(late, [taken(-4_320, 90)]))).toEqual(['0 pending', '5 firing', '5 acknowledged', '60 resolved']);
  });

  it('is told of once, and not again and again, when it was theirs before', () => {
    const goesOn = withTakings([change(0, 'firing')], [taken(-4_320)]);
    expect(replay(incident(goesOn))).toEqual(['0.5 opened everybody']);
  });
});
