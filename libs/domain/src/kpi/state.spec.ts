import { readFileSync } from 'node:fs';
import type { PortState } from '../sample.js';
import { availabilityPct, hourStatus } from './availability.js';
import { event, input, noBandwidth, poll, t } from './circuit-input.fixture.js';
import { hourFacts } from './facts.js';
import { type CircuitInput, DEFAULT_FACT_SETTINGS, type FactSettings } from './input.js';
import { stateTimeline } from './timeline.js';

/** `[up, down, flaps]` of an hour, in minutes. */
const minutes = (
  given: Partial<CircuitInput>,
  hour: string,
  settings: Partial<FactSettings> = {},
): [number, number, number | null] => {
  const [fact] = hourFacts(input(given), [t(hour)], noBandwidth, { ...DEFAULT_FACT_SETTINGS, ...settings });
  if (fact === undefined) throw new Error('no fact');
  return [fact.upMs / 60_000, fact.downMs / 60_000, fact.flaps];
};
const up = poll;
const down = (clock: string, over: Parameters<typeof poll>[1] = {}) => poll(clock, { up: false, ...over });

interface HourCase {
  case: string;
  up_at_start: boolean;
  events: { minute: number; to: PortState }[];
  expected: { up_minutes: number; down_minutes: number; flap_count: number; status_hourly: string; availability_pct: number };
}
interface AvailabilityCase {
  case: string;
  up_minutes: number;
  down_minutes: number;
  expected_availability_pct: number | null;
}
const golden = JSON.parse(
  readFileSync(new URL('../../test-fixtures/golden/status_flaps_availability.json', import.meta.url), 'utf8'),
) as { hourly: HourCase[]; availability: AvailabilityCase[] };

describe('golden status, flaps, availability', () => {
  it.each(golden.hourly)('$case', (row) => {
    const before = event('09:30', row.up_at_start ? 'up' : 'down');
    const events = [before, ...row.events.map(({ minute, to }) => ({ at: t('10:00') + minute * 60_000, state: to }))];
    const [upMin, downMin, flaps] = minutes({ events }, '10:00');
    expect([upMin, downMin, flaps]).toEqual([row.expected.up_minutes, row.expected.down_minutes, row.expected.flap_count]);
    expect(hourStatus(upMin, downMin)).toBe(row.expected.status_hourly.toLowerCase());
    expect(availabilityPct(upMin, downMin)).toBeCloseTo(row.expected.availability_pct, 4);
  });

  it.each(golden.availability)('$case', (row) => {
    const pct = availabilityPct(row.up_minutes, row.down_minutes);
    if (row.expected_availability_pct === null) expect(pct).toBeNull();
    else expect(pct).toBeCloseTo(row.expected_availability_pct, 4);
  });
});

describe('how long a state holds', () => {
  it('a poll for at most the allowed gap, an event to the next observation', () => {
    expect(minutes({ polls: [up('09:30')] }, '10:00')).toEqual([30, 0, 0]);
    expect(minutes({ events: [event('02:00', 'up')] }, '10:00')).toEqual([60, 0, 0]);
    expect(minutes({ events: [event('02:00', 'up')], polls: [down('02:10')] }, '10:00')).toEqual([0, 0, null]);
  });

  it('not while nobody read the organization; an event told in that time still counts as a transition', () => {
    const blind = [{ from: t('10:10'), to: t('10:40') }];
    expect(minutes({ events: [event('09:00', 'up')], blind }, '10:00')).toEqual([30, 0, 0]);
    expect(minutes({ events: [event('09:00', 'up'), event('10:20', 'down')], blind }, '10:00')).toEqual([10, 20, 1]);
  });

  it('not beyond what is known', () => {
    expect(minutes({ events: [event('09:00', 'up')], holdUntil: t('10:15') }, '10:00')).toEqual([15, 0, 0]);
  });

  it('a prior event holds, a prior poll for the gap, and a prior of unknown source only tells transitions', () => {
    expect(minutes({ prior: { state: 'up', at: t('03:00'), source: 'event' } }, '10:00')).toEqual([60, 0, 0]);
    expect(minutes({ prior: { state: 'up', at: t('09:15'), source: 'poll' } }, '10:00')).toEqual([15, 0, 0]);
    expect(minutes({ prior: { state: 'up', at: t('09:15') } }, '10:00')).toEqual([0, 0, null]);
    expect(minutes({ prior: { state: 'up', at: t('00:15') }, polls: [down('10:30')] }, '10:00')).toEqual([0, 30, 1]);
  });

  it('says nothing of ports that are disabled or that did not answer', () => {
    expect(minutes({ polls: [up('10:00', { disabled: true }), poll('10:30', { up: null })] }, '10:00')).toEqual([0, 0, null]);
  });
});

describe('transitions', () => {
  it('count once, at the observation, against the last known state however old; the first state is none', () => {
    expect(minutes({ polls: [down('10:30')] }, '10:00')).toEqual([0, 30, 0]);
    expect(minutes({ polls: [up('05:00'), down('10:30')] }, '10:00')).toEqual([0, 30, 1]);
  });

  it('at exactly hh:00 belong to the new hour', () => {
    const polls = [up('09:30'), down('10:00'), down('10:55')];
    expect(minutes({ polls }, '09:00')).toEqual([30, 0, 0]);
    expect(minutes({ polls }, '10:00')).toEqual([0, 60, 1]);
  });

  it('are merged from events and polls: what both tell counts once', () => {
    expect(
      minutes(
        { events: [event('09:50', 'up'), event('10:10', 'down'), event('10:10', 'down')], polls: [down('10:15'), down('10:59')] },
        '10:00',
      ),
    ).toEqual([10, 50, 1]);
  });

  it('come from the event where an event and a poll meet; the poll that contradicts it is ignored', () => {
    expect(
      minutes({ events: [event('09:50', 'up'), event('10:10', 'down')], polls: [up('10:10'), down('10:15')] }, '10:00'),
    ).toEqual([10, 50, 1]);
  });

  it('polls contradict an event only from 120 s on', () => {
    const events = [event('09:50', 'up'), event('10:10', 'down')];
    expect(minutes({ events, polls: [up('10:11:59')] }, '10:00')).toEqual([10, 50, 1]);
    expect(minutes({ events, polls: [up('10:12')] }, '10:00')).toEqual([58, 2, 2]);
  });

  it('of a port that bounced within one instant count both ways, in whatever order the events stand', () => {
    const bounce = [event('10:10', 'up'), event('10:10', 'down')];
    for (const events of [
      [event('09:00', 'up'), ...bounce],
      [event('09:00', 'up'), ...bounce.reverse()],
    ])
      expect(minutes({ events }, '10:00')).toEqual([60, 0, 2]);
  });
});

describe('last_flapped', () => {
  const flapped = (clock: string) => ({ lastFlappedAt: t(clock) });

  it('that moved between two polls of one state counts twice at its time, with no down minutes', () => {
    const polls = [up('09:50', flapped('01:00')), up('10:10', flapped('09:58')), up('10:50', flapped('09:58'))];
    expect(minutes({ polls }, '09:00')).toEqual([10, 0, 2]);
    expect(minutes({ polls }, '10:00')).toEqual([60, 0, 0]);
  });

  it('is clamped into its poll interval', () => {
    const polls = [up('10:00', flapped('01:00')), up('10:10', flapped('08:00')), up('10:20', flapped('12:00'))];
    const { transitions } = stateTimeline(input({ polls }), { from: t('09:00'), to: t('13:00') }, DEFAULT_FACT_SETTINGS);
    expect(transitions.map(({ at }) => at)).toEqual([t('10:00') + 1, t('10:00') + 1, t('10:20'), t('10:20')]);
    expect(transitions.every(({ source }) => source === 'last_flapped')).toBe(true);
  });

  it('counts nothing extra with an event in that interval, between different states, or moved backwards', () => {
    expect(
      minutes(
        {
          polls: [up('10:00', flapped('01:00')), up('10:30', flapped('10:10'))],
          events: [event('10:10', 'down'), event('10:12', 'up')],
        },
        '10:00',
      ),
    ).toEqual([58, 2, 2]);
    expect(minutes({ polls: [up('10:00', flapped('01:00')), down('10:30', flapped('10:10'))] }, '10:00')).toEqual([30, 30, 1]);
    expect(minutes({ polls: [up('10:00', flapped('01:00')), up('10:30', flapped('00:30'))] }, '10:00')).toEqual([60, 0, 0]);
    expect(minutes({ polls: [up('10:00'), up('10:30', flapped('10:10'))] }, '10:00')).toEqual([60, 0, 0]);
  });
});

describe('a gateway cut off from the cloud', () => {
  const cutOffs = [{ from: t('10:10'), to: t('10:40') }];

  it('tells nothing: its polls are no observations and its minutes unknown, or down by the setting', () => {
    const polls = [up('09:55'), up('10:05'), down('10:20'), up('10:40'), up('10:55')];
    expect(minutes({ polls, cutOffs }, '10:00')).toEqual([30, 0, 0]);
    expect(minutes({ polls, cutOffs }, '10:00', { disconnectedCountsAs: 'down' })).toEqual([30, 30, 0]);
    expect(minutes({ polls: [up('09:05')], cutOffs }, '10:00', { disconnectedCountsAs: 'down' })).toEqual([5, 30, 0]);
    expect(minutes({ events: [event('09:00', 'up')], cutOffs }, '10:00')).toEqual([30, 0, 0]);
  });

  it('stays cut off while the end is open', () => {
    expect(minutes({ events: [event('09:00', 'up')], cutOffs: [{ from: t('10:10'), to: Infinity }] }, '10:00')).toEqual([
      10, 0, 0,
    ]);
    expect(
      minutes({ cutOffs: [{ from: t('10:10'), to: Infinity }], holdUntil: t('10:30') }, '10:00', {
        disconnectedCountsAs: 'down',
      }),
    ).toEqual([0, 20, 0]);
  });

  it('was down from a down event delivered later to the next observation', () => {
    const events = [event('10:20', 'down'), event('10:35', 'up')];
    expect(minutes({ polls: [up('10:05'), up('10:45')], events, cutOffs }, '10:00')).toEqual([10 - 5 + 20, 15, 2]);
    expect(minutes({ polls: [up('10:05'), up('10:45')], events: events.slice(0, 1), cutOffs }, '10:00')).toEqual([5 + 15, 25, 2]);
  });

  it('was down since last_flapped when the first poll after it says so', () => {
    const after = (lastFlapped: string) => [up('10:05'), down('10:45', { lastFlappedAt: t(lastFlapped) }), down('10:59')];
    expect(minutes({ polls: after('10:30'), cutOffs }, '10:00')).toEqual([5, 30, 1]);
    expect(minutes({ polls: after('10:07'), cutOffs }, '10:00')).toEqual([5, 50, 1]);
    expect(minutes({ polls: after('10:30'), cutOffs }, '10:00', { disconnectedCountsAs: 'down' })).toEqual([5, 50, 1]);
    expect(
      minutes({ polls: [up('10:05'), up('10:42'), down('10:45', { lastFlappedAt: t('10:30') })], cutOffs }, '10:00'),
    ).toEqual([5 + 2 + 3, 15, 1]);
  });

  it('keeps bytes and quality of its polls out as well', () => {
    const polls = [
      poll('10:05', { rxBytes: 0, latencyMs: 10 }),
      poll('10:20', { rxBytes: 5, latencyMs: 900 }),
      poll('10:45', { rxBytes: 4000, latencyMs: 20 }),
    ];
    const [fact] = hourFacts(input({ polls, cutOffs }), [t('10:00')], noBandwidth, DEFAULT_FACT_SETTINGS);
    expect(fact).toMatchObject({
      rxBytes: 4000,
      coveredMs: 2_400_000,
      peakRxBps: (4000 * 8) / 2400,
      latency: { count: 2, max: 20 },
    });
  });
});

describe('stateTimeline', () => {
  it('joins what is contiguous and leaves unknown time out', () => {
    const polls = [up('10:00'), up('10:30'), up('12:00'), down('12:10')];
    expect(stateTimeline(input({ polls }), { from: t('10:05'), to: t('12:30') }, DEFAULT_FACT_SETTINGS)).toEqual({
      intervals: [
        { from: t('10:05'), to: t('11:30'), state: 'up' },
        { from: t('12:00'), to: t('12:10'), state: 'up' },
        { from: t('12:10'), to: t('12:30'), state: 'down' },
      ],
      transitions: [{ at: t('12:10'), from: 'up', to: 'down', source: 'poll' }],
    });
  });
});
