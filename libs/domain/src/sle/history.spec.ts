import fc from 'fast-check';
import { HOUR_MS } from '../time/bucket.js';
import {
  hourOfReading,
  isExactReading,
  isUsableDetail,
  mergeSlePeriods,
  NO_SLE_PERIOD,
  scoreOfSlePeriod,
  slePeriodOfHour,
  type SleHour,
} from './history.js';
import type { SleMetric } from './metrics.js';

const at = (iso: string): number => Date.parse(`2026-03-01T${iso}Z`);
const hour = (score: number | null, more: Partial<SleHour> = {}): SleHour => ({
  score,
  totalMinutes: null,
  numClients: null,
  ...more,
});
const scoreOf = (metric: SleMetric, hours: readonly SleHour[]): number | null =>
  scoreOfSlePeriod(hours.map((each) => slePeriodOfHour(metric, each)).reduce(mergeSlePeriods, NO_SLE_PERIOD));

describe('the hour of a reading', () => {
  it.each([
    ['its window', { at: at('12:15'), windowFrom: at('11:00'), windowTo: at('12:00') }, at('11:00'), true],
    [
      'the last hour of a longer window',
      { at: at('12:15'), windowFrom: at('12:00') - 24 * HOUR_MS, windowTo: at('12:00') },
      at('11:00'),
      false,
    ],
    ['that of its time', { at: at('12:00'), windowFrom: null, windowTo: null }, at('12:00'), false],
    ['that in which its window ends', { at: at('12:40'), windowFrom: at('11:40'), windowTo: at('12:40') }, at('12:00'), false],
  ])('is %s', (_name, reading, expected, isExact) => {
    expect([hourOfReading(reading), isExactReading(reading)]).toEqual([expected, isExact]);
  });
});

describe('the score of a period', () => {
  it.each<[string, SleMetric, SleHour[], number | null]>([
    // 0.9 x 600 + 0.6 x 200 = 660 of 800 user-minutes.
    ['weighs user-minutes', 'coverage', [hour(0.9, { totalMinutes: 600 }), hour(0.6, { totalMinutes: 200 })], 0.825],
    // 10 clients are 600 minutes, 30 are 1800: (0.9 x 600 + 0.5 x 1800) / 2400.
    ['counts a client for an hour', 'coverage', [hour(0.9, { numClients: 10 }), hour(0.5, { numClients: 30 })], 0.6],
    [
      'believes the detail before the clients',
      'coverage',
      [hour(1, { totalMinutes: 300, numClients: 99 }), hour(0, { numClients: 5 })],
      0.5,
    ],
    // The known weights are 600 and 200, so the third hour counts 400: (540 + 120 + 200) / 1200.
    [
      'gives an hour nobody counted the average weight',
      'coverage',
      [hour(0.9, { totalMinutes: 600 }), hour(0.6, { totalMinutes: 200 }), hour(0.5)],
      860 / 1200,
    ],
    ['counts hours alike without weights', 'coverage', [hour(0.9), hour(0.6)], 0.75],
    [
      'counts hours alike where it is not about clients',
      'ap-health',
      [hour(0.9, { numClients: 10 }), hour(0.5, { numClients: 30 })],
      0.7,
    ],
    ['leaves hours without data out', 'coverage', [hour(null, { numClients: 10 }), hour(0.5, { numClients: 30 })], 0.5],
    ['is null without data, not 0', 'coverage', [hour(null), hour(null)], null],
    ['is 0 where everything was bad', 'coverage', [hour(0, { numClients: 3 })], 0],
  ])('%s', (_name, metric, hours, expected) => {
    const score = scoreOf(metric, hours);
    if (expected === null) expect(score).toBeNull();
    else expect(score).toBeCloseTo(expected, 12);
  });

  it('is the same however the period is cut and whatever the order', () => {
    const hours = fc.array(
      fc.record({
        score: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        totalMinutes: fc.option(fc.integer({ min: 1, max: 10_000 })),
        numClients: fc.option(fc.nat(500)),
      }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(hours, fc.nat(30), (all, cut) => {
        const periods = all.map((each) => slePeriodOfHour('roaming', each));
        const fold = (part: typeof periods) => part.reduce(mergeSlePeriods, NO_SLE_PERIOD);
        const whole = scoreOfSlePeriod(fold(periods));
        const pieces = scoreOfSlePeriod(mergeSlePeriods(fold(periods.slice(cut).reverse()), fold(periods.slice(0, cut))));
        if (whole === null || pieces === null) expect(pieces).toBe(whole);
        else expect(pieces).toBeCloseTo(whole, 9);
      }),
    );
  });
});

it.each([
  [100, 0, true],
  [100, 100, true],
  [0, 0, false],
  [100, -1, false],
  [100, 101, false],
  [Number.NaN, 0, false],
])('a detail of %d minutes with %d bad ones: usable %p', (totalMinutes, degradedMinutes, expected) => {
  expect(isUsableDetail({ hour: 0, totalMinutes, degradedMinutes })).toBe(expected);
});
