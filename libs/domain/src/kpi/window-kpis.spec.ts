import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { DEFAULT_THRESHOLDS } from '../thresholds/defaults.js';
import { bucketOf, HOUR_MS } from '../time/bucket.js';
import { trailingHours } from '../time/window.js';
import { EMPTY_QUALITY } from './quality.js';
import { mergeStreaks, NO_STREAK, streakOfHour } from './streak.js';
import { stretchOfHours } from '../rollup/hours.js';
import { kpisOfPool, kpisOfStretch, NO_PERCENTILES, windowKpis } from '../rollup/kpis.js';
import { NO_POOL, NO_STRETCH, poolOf } from '../rollup/state.js';
import { type FoldableHour, streakOver, type WindowKpis } from './window-kpis.js';

const load = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../test-fixtures/golden/${name}.json`, import.meta.url), 'utf8')) as T;
const quality = (avg: number | null, count = 12) => (avg === null ? EMPTY_QUALITY : { count, avg, max: avg, p95: avg });

/** An hour of which only the utilization is known. */
const hour = (at: number, utilizationPct: number | null, over: Partial<FoldableHour> = {}): FoldableHour => ({
  hour: at,
  rxBytes: null,
  txBytes: null,
  coveredMs: utilizationPct === null ? 0 : HOUR_MS,
  utilizationPct,
  peakUtilizationPct: utilizationPct,
  upMs: 0,
  downMs: 0,
  flaps: null,
  latency: EMPTY_QUALITY,
  jitter: EMPTY_QUALITY,
  loss: EMPTY_QUALITY,
  ...over,
});
const compactHour = (stamp: string): number =>
  Date.UTC(+stamp.slice(0, 4), +stamp.slice(4, 6) - 1, +stamp.slice(6, 8), +(stamp.slice(8) || 0));

interface WindowRow {
  hour: string;
  util: number;
  up_minutes: number;
  flaps: number;
  loss: number;
  jitter: number;
  latency: number;
}
interface Rolling {
  window_end: string;
  rows: WindowRow[];
  expected: Record<string, Record<string, number>>;
}
const rolling = load<Rolling>('rolling_windows');

describe('golden rolling windows', () => {
  const facts = rolling.rows.map((row) =>
    hour(Date.parse(row.hour), row.util, {
      upMs: row.up_minutes * 60_000,
      downMs: (60 - row.up_minutes) * 60_000,
      flaps: row.flaps,
      loss: quality(row.loss),
      jitter: quality(row.jitter),
      latency: quality(row.latency),
    }),
  );

  it.each(Object.entries(rolling.expected))('%s h', (hours, expected) => {
    const kpis = windowKpis(facts, trailingHours(Date.parse(rolling.window_end), Number(hours)), DEFAULT_THRESHOLDS);
    const { warning, major, critical } = kpis.above.utilization;
    expect([kpis.facts, kpis.utilization.maxPct, kpis.flaps]).toEqual([
      expected['hours_in_window'],
      expected['utilization_max'],
      expected['flap_count'],
    ]);
    expect([warning.cumulativeHours, major.cumulativeHours, critical.cumulativeHours]).toEqual([
      expected['cumulative_h_70'],
      expected['cumulative_h_80'],
      expected['cumulative_h_90'],
    ]);
    expect([warning.continuousHours, major.continuousHours, critical.continuousHours]).toEqual([
      expected['continuous_h_70'],
      expected['continuous_h_80'],
      expected['continuous_h_90'],
    ]);
    expect(kpis.utilization.avgPct).toBeCloseTo(expected['utilization_avg'] ?? NaN, 2);
    expect(Math.abs((kpis.utilization.p95Pct ?? NaN) - (expected['utilization_p95'] ?? NaN))).toBeLessThanOrEqual(0.0051);
    expect(kpis.availabilityPct).toBeCloseTo(expected['availability_pct'] ?? NaN, 4);
    expect(kpis.loss.avg).toBeCloseTo(expected['loss_avg'] ?? NaN, 4);
    expect(Math.abs((kpis.jitter.avg ?? NaN) - (expected['jitter_avg'] ?? NaN))).toBeLessThanOrEqual(0.0051);
    expect(Math.abs((kpis.latency.avg ?? NaN) - (expected['latency_avg'] ?? NaN))).toBeLessThanOrEqual(0.0051);
  });
});

interface AboveCase {
  case?: string;
  hours: string[];
  utilization_pct: number[];
  expected: Record<string, { cumulative_h: number; continuous_h: number }>;
}

describe('golden time above threshold', () => {
  it.each(load<{ cases: AboveCase[] }>('time_above_threshold').cases)('$case', ({ hours, utilization_pct, expected }) => {
    const facts = hours.map((at, i) => hour(Date.parse(at), utilization_pct[i] ?? null));
    const span = bucketOf(Date.parse('2026-01-26T00:00:00Z'), 'day');
    for (const [threshold, { cumulative_h, continuous_h }] of Object.entries(expected)) {
      expect(streakOver(facts, 'utilization', Number(threshold), span)).toMatchObject({
        length: 24,
        total: cumulative_h,
        longest: continuous_h,
      });
    }
  });
});

interface CalendarRow {
  avg: number;
  max: number;
  p95_linear: number;
  h70: number;
  h80: number;
  h90: number;
}
interface Calendar {
  hours: [string, number][];
  daily: (CalendarRow & { day: string; hours: number })[];
  weekly_expected: CalendarRow & { week: string };
  week_keys: { date: string; iso_week: string }[];
}
const calendar = load<Calendar>('calendar_rollup');

describe('golden calendar rollup', () => {
  const facts = calendar.hours.map(([at, utilizationPct]) => hour(compactHour(at), utilizationPct));
  const expectRow = (grain: 'day' | 'week', at: number, row: CalendarRow): void => {
    const { utilization, above } = windowKpis(facts, bucketOf(at, grain), DEFAULT_THRESHOLDS);
    expect(utilization.maxPct).toBe(row.max);
    expect(Math.abs((utilization.avgPct ?? NaN) - row.avg)).toBeLessThanOrEqual(0.0051);
    expect(Math.abs((utilization.p95Pct ?? NaN) - row.p95_linear)).toBeLessThanOrEqual(0.0051);
    expect([
      above.utilization.warning.cumulativeHours,
      above.utilization.major.cumulativeHours,
      above.utilization.critical.cumulativeHours,
    ]).toEqual([row.h70, row.h80, row.h90]);
  };

  it.each(calendar.daily)('day $day', (row) => {
    expectRow('day', compactHour(row.day), row);
    expect(bucketOf(compactHour(row.day), 'day').key.replaceAll('-', '')).toBe(row.day);
  });
  it('week', () => expectRow('week', compactHour(calendar.daily[0]?.day ?? ''), calendar.weekly_expected));
  it.each(calendar.week_keys)('$date is of week $iso_week', ({ date, iso_week }) => {
    expect(bucketOf(compactHour(date), 'week').key.replace('-W', '')).toBe(iso_week);
  });
});

describe('windowKpis', () => {
  const [at, span] = [Date.UTC(2026, 0, 26), { from: Date.UTC(2026, 0, 26), to: Date.UTC(2026, 0, 26, 4) }];

  it('weighs utilization by covered time and quality by samples', () => {
    const facts = [
      hour(at, 10, { coveredMs: 600_000, loss: quality(1, 1) }),
      hour(at + HOUR_MS, 40, { coveredMs: 1_200_000, loss: quality(4, 2) }),
    ];
    expect(windowKpis(facts, span, DEFAULT_THRESHOLDS)).toMatchObject({
      utilization: { hours: 2, avgPct: 30 },
      loss: { count: 3, avg: 3, max: 4 },
    });
  });

  it('keeps no data null, and known time apart from all time', () => {
    expect(windowKpis([], span, DEFAULT_THRESHOLDS)).toMatchObject({
      facts: 0,
      utilization: { avgPct: null, maxPct: null, p95Pct: null },
      availabilityPct: null,
      coveragePct: 0,
      flaps: null,
      rxBytes: null,
      latency: { avg: null, max: null },
    });
    expect(
      windowKpis([hour(at, null, { upMs: HOUR_MS / 2, flaps: 1 }), hour(at + HOUR_MS, null)], span, DEFAULT_THRESHOLDS),
    ).toMatchObject({ facts: 2, upMs: HOUR_MS / 2, unknownMs: 3.5 * HOUR_MS, availabilityPct: 100, coveragePct: 12.5, flaps: 1 });
  });

  it('misses nothing of hours that have not come yet, nor of those in which a circuit of many was not there', () => {
    const known = [hour(at, null, { upMs: HOUR_MS / 2 })];
    const stretch = stretchOfHours(known, span, DEFAULT_THRESHOLDS);
    const frame = { span, thresholds: DEFAULT_THRESHOLDS, percentiles: NO_PERCENTILES };
    const coverageOf = ({ unknownMs, coveragePct }: WindowKpis) => [unknownMs / HOUR_MS, coveragePct];
    expect(coverageOf(kpisOfStretch(stretch, frame))).toEqual([3.5, 12.5]);
    expect(coverageOf(kpisOfStretch(stretch, { ...frame, openFrom: at + 2 * HOUR_MS }))).toEqual([1.5, 25]);
    expect(coverageOf(kpisOfStretch(NO_STRETCH, { ...frame, openFrom: at }))).toEqual([0, null]);
    expect(coverageOf(kpisOfPool(poolOf(stretch), frame))).toEqual([0.5, 50]);
    expect(coverageOf(kpisOfPool(NO_POOL, frame))).toEqual([0, null]);
  });

  it("counts hours above for quality by the hour's average, and breaks a run at a null hour", () => {
    const facts = [
      hour(at, 95, { latency: quality(150) }),
      hour(at + HOUR_MS, null, { latency: quality(99.9) }),
      hour(at + 2 * HOUR_MS, 95, { latency: quality(100) }),
    ];
    const { above } = windowKpis(facts, span, DEFAULT_THRESHOLDS);
    expect(above.latency.major).toEqual({ threshold: 100, cumulativeHours: 2, continuousHours: 1 });
    expect(above.latency.warning).toMatchObject({ cumulativeHours: 3, continuousHours: 3 });
    expect(above.utilization.critical).toMatchObject({ cumulativeHours: 2, continuousHours: 1 });
  });

  it('joins the runs of neighbouring local days where days do not begin on the hour', () => {
    const facts = Array.from({ length: 48 }, (_, i) => hour(at + i * HOUR_MS, 95));
    const days = [bucketOf(at, 'day', 'Asia/Kolkata'), bucketOf(at + 24 * HOUR_MS, 'day', 'Asia/Kolkata')];
    expect(days.map((day) => streakOver(facts, 'utilization', 90, day))).toMatchObject([
      { length: 24, total: 19, suffix: 19 },
      { length: 24, total: 24, prefix: 24 },
    ]);
  });
});

describe('streakOver', () => {
  it('is the merge of the hours one by one, whichever are missing, null or under', () => {
    const values = fc.array(fc.constantFrom<number | null | undefined>(95, 95, 50, null, undefined), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(values, (hours) => {
        const start = Date.UTC(2026, 0, 26);
        const facts = hours.flatMap((value, i) => (value === undefined ? [] : [hour(start + i * HOUR_MS, value)]));
        const span = { from: start, to: start + hours.length * HOUR_MS };
        expect(streakOver(facts, 'utilization', 90, span)).toEqual(
          hours.map((value) => streakOfHour((value ?? 0) >= 90)).reduce(mergeStreaks, NO_STREAK),
        );
      }),
    );
  });
});
