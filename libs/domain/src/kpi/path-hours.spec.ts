import fc from 'fast-check';
import type { PathSample, Span } from '../sample.js';
import { HOUR_MS, hoursBetween, MINUTE_MS } from '../time/bucket.js';
import { input, noBandwidth, path, t } from './circuit-input.fixture.js';
import { hourFacts } from './facts.js';
import { DEFAULT_FACT_SETTINGS } from './input.js';
import { mergePathSums, NO_PATH_SUMS, pathKpis, pathsNow, pathSumsOf } from './path-health.js';
import { pathHours, type PathRules, type PathState } from './path-hours.js';

const rules = (over: Partial<PathRules> = {}): PathRules => ({
  maxGapMs: HOUR_MS,
  cutOffs: [],
  holdUntil: Infinity,
  priors: new Map(),
  ...over,
});
const HOURS = [t('10:00'), t('11:00'), t('12:00')];

/** Peer, clock, minutes up and down, flaps. */
const told = (samples: readonly PathSample[], over: Partial<PathRules> = {}): unknown[] =>
  pathHours(samples, HOURS, rules(over)).map((row) => [
    row.peer,
    (row.hour - t('00:00')) / HOUR_MS,
    row.upMs / MINUTE_MS,
    row.downMs / MINUTE_MS,
    row.flaps,
  ]);

describe('hours of peer paths', () => {
  it('tell minutes, flaps and the figures of up readings; a state holds for the largest gap', () => {
    const samples = [
      path('10:00', 'a', { latencyMs: 10, jitterMs: 1, lossPct: 0, mos: 4, mtu: 1400 }),
      path('10:20', 'a', { up: false, latencyMs: 99, mos: 1, mtu: 1300 }),
      path('10:40', 'a', { latencyMs: 30, mos: 3 }),
    ];
    const [first, second, ...more] = pathHours(samples, HOURS, rules());
    expect(first).toEqual({
      peer: 'a',
      hour: t('10:00'),
      upMs: 40 * MINUTE_MS,
      downMs: 20 * MINUTE_MS,
      flaps: 2,
      latency: { count: 2, avg: 20, max: 30, p95: 29 },
      jitter: { count: 1, avg: 1, max: 1, p95: 1 },
      loss: { count: 1, avg: 0, max: 0, p95: 0 },
      mos: { count: 2, avg: 3.5, min: 3 },
      mtu: 1300,
      last: { state: 'up', at: t('10:40') },
    });
    expect(second).toMatchObject({ hour: t('11:00'), upMs: 40 * MINUTE_MS, downMs: 0, flaps: 0, mtu: null, mos: { count: 0 } });
    expect(second?.last).toEqual({ state: 'up', at: t('10:40') });
    expect(more).toEqual([]);
  });

  const DOWN_LONG_AGO = new Map<string, PathState>([['a', { state: 'down', at: t('02:00') }]]);
  const UP_JUST_NOW = new Map<string, PathState>([['a', { state: 'up', at: t('09:30') }]]);
  it.each<[string, PathSample[], Partial<PathRules>, unknown[]]>([
    ['nothing', [], {}, []],
    [
      'the first known state as no flap',
      [path('10:30', 'a', { up: false })],
      {},
      [
        ['a', 10, 0, 30, 0],
        ['a', 11, 0, 30, 0],
      ],
    ],
    [
      'a state before as a flap, however old',
      [path('10:30', 'a')],
      { priors: DOWN_LONG_AGO },
      [
        ['a', 10, 30, 0, 1],
        ['a', 11, 30, 0, 0],
      ],
    ],
    ['a state that still holds, without a reading', [], { priors: UP_JUST_NOW }, [['a', 10, 30, 0, 0]]],
    ['a state that holds no more as nothing', [], { priors: DOWN_LONG_AGO }, []],
    [
      'a flap at the full hour in the new hour',
      [path('10:59', 'a'), path('11:00', 'a', { up: false })],
      {},
      [
        ['a', 10, 1, 0, 0],
        ['a', 11, 0, 60, 1],
      ],
    ],
    [
      'a cut-off as unknown, and readings in it as none',
      [path('10:00', 'a'), path('10:20', 'a', { up: false })],
      { cutOffs: [{ from: t('10:10'), to: t('10:30') }] },
      [['a', 10, 40, 0, 0]],
    ],
    ['a reading without a state as an hour without minutes', [path('10:30', 'a', { up: null })], {}, [['a', 10, 0, 0, 0]]],
    ['nothing from the end of what is known', [path('10:30', 'a')], { holdUntil: t('11:00') }, [['a', 10, 30, 0, 0]]],
    [
      'peers apart',
      [path('10:00', 'a'), path('10:00', 'b', { up: false }), path('11:30', 'b')],
      {},
      [
        ['a', 10, 60, 0, 0],
        ['b', 10, 0, 60, 0],
        ['b', 11, 30, 0, 1],
        ['b', 12, 30, 0, 0],
      ],
    ],
  ])('tell %s', (_what, samples, over, expected) => {
    expect(told(samples, over)).toEqual(expected);
  });

  const instant = fc.integer({ min: 7 * 3600, max: 13 * 3600 }).map((seconds) => t('00:00') + seconds * 1000);
  const figure = fc.option(fc.integer({ min: 0, max: 300 }));
  const samplesOf = (...peers: string[]): fc.Arbitrary<PathSample[]> =>
    fc.uniqueArray(
      fc
        .record({
          at: instant,
          peer: fc.constantFrom(...peers),
          up: fc.option(fc.boolean()),
          latencyMs: figure,
          mos: figure,
          mtu: figure,
        })
        .map((over) => path('00:00', over.peer, over)),
      { maxLength: 40, selector: ({ at, peer }) => `${at} ${peer}` },
    );
  const spans = fc.array(
    fc.tuple(instant, fc.nat(HOUR_MS)).map(([from, ms]): Span => ({ from, to: from + ms })),
    { maxLength: 3 },
  );
  const sorted = (rows: ReturnType<typeof pathHours>) => rows.sort((a, b) => a.hour - b.hour || (a.peer < b.peer ? -1 : 1));

  it('are the same for shuffled and repeated readings', () => {
    fc.assert(
      fc.property(
        samplesOf('a', 'b', 'c'),
        spans,
        fc.array(fc.nat(), { minLength: 80, maxLength: 80 }),
        (samples, cutOffs, keys) => {
          const again = [...samples, ...samples]
            .map((sample, i) => ({ sample, key: keys[i] ?? 0 }))
            .sort((a, b) => a.key - b.key)
            .map(({ sample }) => sample);
          const hours = hoursBetween(t('07:00'), t('13:00'));
          expect(sorted(pathHours(again, hours, rules({ cutOffs })))).toEqual(
            sorted(pathHours(samples, hours, rules({ cutOffs }))),
          );
        },
      ),
    );
  });

  it('are the same hour by hour, when each begins with the state in which the one before ended', () => {
    fc.assert(
      fc.property(samplesOf('a', 'b'), spans, (samples, cutOffs) => {
        const hours = hoursBetween(t('07:00'), t('15:00'));
        const ends = new Map<string, PathState>();
        const one = hours.flatMap((hour) => {
          const own = samples.filter(({ at }) => hour <= at && at < hour + HOUR_MS);
          const rows = pathHours(own, [hour], rules({ cutOffs, priors: new Map(ends) }));
          for (const { peer, last } of rows) if (last !== null) ends.set(peer, last);
          return rows;
        });
        expect(sorted(one)).toEqual(sorted(pathHours(samples, hours, rules({ cutOffs }))));
      }),
    );
  });

  it('of a single path have the quality of the circuit', () => {
    fc.assert(
      fc.property(samplesOf('a'), spans, (samples, cutOffs) => {
        const paths = [...samples].sort((a, b) => a.at - b.at);
        const hours = hoursBetween(t('07:00'), t('13:00'));
        const facts = hourFacts(input({ paths, cutOffs }), hours, noBandwidth, DEFAULT_FACT_SETTINGS);
        const own = new Map(pathHours(samples, hours, rules({ cutOffs })).map((row) => [row.hour, row.latency]));
        for (const { hour, latency } of facts) expect(own.get(hour) ?? latency).toEqual(latency);
      }),
    );
  });
});

describe('health of paths', () => {
  it('is up time in known time over a period, averages weighed by readings', () => {
    const rows = pathHours(
      [
        path('10:00', 'a', { latencyMs: 10, mos: 4, mtu: 1400 }),
        path('10:30', 'a', { latencyMs: 20, mos: 4 }),
        path('11:00', 'a', { up: false, mtu: 1380 }),
        path('11:30', 'a', { latencyMs: 60, mos: 1 }),
      ],
      HOURS,
      rules(),
    );
    const sums = rows.map(pathSumsOf).reduce(mergePathSums, NO_PATH_SUMS);
    expect(pathKpis(sums, { from: t('10:00'), to: t('13:00') })).toEqual({
      hours: 3,
      upMs: 120 * MINUTE_MS,
      downMs: 30 * MINUTE_MS,
      healthPct: 80,
      coveragePct: (150 / 180) * 100,
      flaps: 2,
      latency: { count: 3, avg: 30, max: 60 },
      jitter: { count: 0, avg: null, max: null },
      loss: { count: 0, avg: null, max: null },
      mosAvg: 3,
      mosMin: 1,
      mtu: 1380,
    });
  });

  it('is null where nothing is known, not 100', () => {
    expect(pathKpis(NO_PATH_SUMS, { from: t('10:00'), to: t('11:00') })).toMatchObject({
      healthPct: null,
      flaps: null,
      mtu: null,
    });
    expect(pathsNow(['unknown'])).toEqual({ up: 0, total: 0, healthPct: null });
  });

  it('is up paths in those that told their state, now', () => {
    expect(pathsNow(['up', 'down', 'up', 'unknown', 'up'])).toEqual({ up: 3, total: 4, healthPct: 75 });
  });
});
