import fc from 'fast-check';
import type { PathSample, PortEvent, PortSample, PortState, Span } from '../sample.js';
import { HOUR_MS, hoursBetween } from '../time/bucket.js';
import { configured, input, path, poll, t } from './circuit-input.fixture.js';
import { hourFacts, onePerInstant, splitTouchedHours } from './facts.js';
import { type CircuitInput, DEFAULT_FACT_SETTINGS, type FactSettings } from './input.js';
import type { StateSink } from './state.js';
import { stateTimeline, TimelineSink } from './timeline.js';

const [from, to] = [t('06:00'), t('12:00')];
const HOURS = hoursBetween(from, to);
const instant = fc.integer({ min: from / 1000 - 7200, max: to / 1000 + 7200 }).map((seconds) => seconds * 1000);
const gap = fc.integer({ min: 0, max: 3_600_000 });
const counter = fc.option(fc.integer({ min: 0, max: 2 ** 34 }), { freq: 4 });
const figure = fc.option(fc.integer({ min: 0, max: 300 }));

const polls = fc.array(
  fc
    .record({
      at: instant,
      up: fc.option(fc.boolean(), { freq: 8 }),
      rxBytes: counter,
      txBytes: counter,
      latencyMs: figure,
      uptimeS: fc.option(fc.nat(100_000)),
      lastFlappedAt: fc.option(instant),
      receivedAt: fc.nat(3),
    })
    .map((over): PortSample => poll('00:00', over)),
  { maxLength: 60 },
);
const state = fc.constantFrom<PortState>('up', 'down');
const events = fc.array(fc.record({ at: instant, state }), { maxLength: 15 });
const paths = fc.array(
  fc
    .record({ at: instant, peer: fc.constantFrom('a', 'b'), up: fc.boolean(), active: fc.boolean(), latencyMs: figure })
    .map((over): PathSample => path('00:00', over.peer, over)),
  { maxLength: 30 },
);
const spans = fc.array(
  fc.tuple(instant, gap).map(([start, ms]): Span => ({ from: start, to: start + ms })),
  { maxLength: 3 },
);
const prior = fc.option(
  fc.record({ state, at: fc.constant(from - 3 * HOUR_MS), source: fc.constantFrom<'event' | 'poll'>('event', 'poll') }),
);
const settings = fc.constantFrom<FactSettings>(DEFAULT_FACT_SETTINGS, { ...DEFAULT_FACT_SETTINGS, disconnectedCountsAs: 'down' });
const world = fc.record({
  polls,
  events,
  paths,
  cutOffs: spans,
  blind: spans,
  prior,
  holdUntil: fc.oneof(instant, fc.constant(Infinity)),
});

const byTime = <T extends { readonly at: number }>(items: readonly T[]): T[] => [...items].sort((a, b) => a.at - b.at);
const ordered = (raw: CircuitInput): CircuitInput => ({
  ...raw,
  polls: onePerInstant(raw.polls),
  events: byTime<PortEvent>(raw.events),
  paths: byTime<PathSample>(raw.paths),
});
const factsOf = (given: CircuitInput, hours: readonly number[], by: FactSettings & { readonly states?: StateSink }) =>
  hourFacts(given, hours, (hour) => configured(hour % (2 * HOUR_MS) === 0 ? 100 : 50), by);

describe('hour facts, whatever the input', () => {
  it('are the same for shuffled and repeated input', () => {
    fc.assert(
      fc.property(world, settings, fc.infiniteStream(fc.nat()), (raw, by, random) => {
        const shuffle = <T>(items: readonly T[]): T[] =>
          items
            .map((item) => [random.next().value as number, item] as const)
            .sort((a, b) => a[0] - b[0])
            .map(([, item]) => item);
        const again = { ...raw, polls: shuffle([...raw.polls, ...raw.polls]), events: shuffle([...raw.events, ...raw.events]) };
        const unambiguous = raw.polls.filter((p, i) => raw.polls.findIndex((q) => q.at === p.at) === i);
        expect(factsOf(ordered({ ...again, polls: shuffle([...unambiguous, ...unambiguous]) }), HOURS, by)).toEqual(
          factsOf(ordered({ ...raw, polls: unambiguous }), HOURS, by),
        );
      }),
    );
  });

  it('are the same computed hour by hour and all at once', () => {
    fc.assert(
      fc.property(world, settings, fc.subarray(HOURS), (raw, by, some) => {
        const given = ordered(raw);
        expect(some.flatMap((hour) => factsOf(given, [hour], by))).toEqual(factsOf(given, some, by));
      }),
    );
  });

  it('hold at most 60 minutes of known state, which are those of the timeline', () => {
    fc.assert(
      fc.property(world, settings, (raw, by) => {
        const given = ordered(raw);
        for (const fact of factsOf(given, HOURS, by)) {
          const span = { from: fact.hour, to: fact.hour + HOUR_MS };
          const { intervals, transitions } = stateTimeline(given, span, by);
          const ms = (wanted: PortState): number =>
            intervals.filter((i) => i.state === wanted).reduce((sum, i) => sum + i.to - i.from, 0);
          expect([fact.upMs, fact.downMs, fact.flaps ?? 0]).toEqual([ms('up'), ms('down'), transitions.length]);
          expect(fact.flaps === null).toBe(ms('up') + ms('down') + transitions.length === 0);
          expect(fact.upMs + fact.downMs).toBeLessThanOrEqual(HOUR_MS);
          expect(fact.coveredMs).toBeLessThanOrEqual(HOUR_MS);
        }
      }),
    );
  });

  it('are made of the states that they tell on the way', () => {
    fc.assert(
      fc.property(world, settings, fc.subarray(HOURS, { minLength: 1 }), (raw, by, some) => {
        const given = ordered(raw);
        const span = { from: some[0] ?? 0, to: (some.at(-1) ?? 0) + HOUR_MS };
        const told = new TimelineSink(span);
        expect(factsOf(given, some, { ...by, states: told })).toEqual(factsOf(given, some, by));
        const { intervals, transitions } = told;
        expect({ intervals, transitions }).toEqual(stateTimeline(given, span, by));
      }),
    );
  });

  it('never count a negative or fractional byte', () => {
    fc.assert(
      fc.property(world, settings, (raw, by) => {
        for (const { rxBytes, txBytes } of factsOf(ordered(raw), HOURS, by))
          for (const bytes of [rxBytes ?? 0, txBytes ?? 0]) expect(bytes >= 0 && Number.isInteger(bytes)).toBe(true);
      }),
    );
  });

  it('add up to the difference of the counter where it neither falls nor rests too long', () => {
    const steps = fc.array(fc.record({ waitS: fc.integer({ min: 1, max: 3600 }), bytes: fc.nat(1e10) }), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(steps, (walk) => {
        let [at, rxBytes] = [from, 12345];
        const samples = [poll('00:00', { at, rxBytes })];
        for (const { waitS, bytes } of walk)
          samples.push(poll('00:00', { at: (at += waitS * 1000), rxBytes: (rxBytes += bytes) }));
        const facts = factsOf(input({ polls: samples }), hoursBetween(from, at), DEFAULT_FACT_SETTINGS);
        expect(facts.reduce((sum, fact) => sum + (fact.rxBytes ?? 0), 0)).toBe(rxBytes - 12345);
        expect(facts.reduce((sum, fact) => sum + fact.coveredMs, 0)).toBe(at - from);
      }),
    );
  });
});

describe('splitTouchedHours', () => {
  it("touches every hour from the predecessor's to the successor's", () => {
    expect(splitTouchedHours(t('10:20'), null, null)).toEqual([t('10:00')]);
    expect(splitTouchedHours(t('10:20'), t('08:59'), t('11:00'))).toEqual([t('08:00'), t('09:00'), t('10:00'), t('11:00')]);
  });
});

describe('onePerInstant', () => {
  it('lets the later received sample win, then the larger rx_bytes', () => {
    const early = poll('10:00', { receivedAt: 1, rxBytes: 9 });
    const late = poll('10:00', { receivedAt: 2, rxBytes: 3 });
    const larger = poll('10:00', { receivedAt: 2, rxBytes: 4 });
    for (const order of [
      [early, late, larger],
      [larger, late, early],
    ])
      expect(onePerInstant(order)).toEqual([larger]);
  });
});
