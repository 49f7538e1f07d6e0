import { readFileSync } from 'node:fs';
import { compareWithBefore, type Trend, trendRuleOf } from './day-over-day.js';

const load = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../test-fixtures/golden/${name}.json`, import.meta.url), 'utf8')) as T;
interface Case {
  metric: string;
  higher_is_better: boolean;
  yesterday: number | null;
  today: number;
  expected: { change_percent: number | null; direction: string; degrading: boolean };
}

/** Names of the fixture that carry a unit. */
const METRICS: Record<string, string> = { latency_avg_ms: 'latency', availability_pct: 'availability' };

describe('golden day over day', () => {
  it.each(load<{ cases: Case[] }>('trend_day_over_day').cases)(
    '$metric $yesterday -> $today',
    ({ metric, higher_is_better, yesterday, today, expected }) => {
      const rule = trendRuleOf(METRICS[metric] ?? metric);
      const trend = compareWithBefore(yesterday, today, rule);
      expect(rule.worse).toBe(higher_is_better ? 'lower' : 'higher');
      expect([trend.direction, trend.isDegrading]).toEqual([expected.direction, expected.degrading]);
      if (expected.change_percent === null) expect(trend.changePct).toBeNull();
      else expect(Math.abs((trend.changePct ?? NaN) - expected.change_percent)).toBeLessThanOrEqual(0.0051);
    },
  );
});

describe('compareWithBefore', () => {
  const compare = (metric: string, yesterday: number | null, today: number | null, percent?: number): Trend =>
    compareWithBefore(yesterday, today, trendRuleOf(metric), percent);

  it.each<[string, number | null, number | null, string]>([
    ['loss', 0.1, 0.149, 'stable'],
    ['loss', 0.1, 0.15, 'worsening'],
    ['jitter', 2, 2.9, 'stable'],
    ['jitter', 2, 3, 'worsening'],
    ['latency', 10, 11.9, 'stable'],
    ['latency', 10, 12, 'worsening'],
    ['latency', 12, 10, 'improving'],
    ['utilization', 10, 11.9, 'stable'],
    ['utilization', 10, 12, 'worsening'],
    ['utilization', 80, 83.9, 'stable'],
    ['flaps', 10, 11, 'worsening'],
    ['availability', 99.9, 99.81, 'stable'],
    ['availability', 99.9, 99.8, 'worsening'],
    ['availability', 99.8, 99.9, 'stable'],
    ['loss', 0, 0.05, 'worsening'],
    ['loss', 0, 0.01, 'stable'],
    ['flaps', 0, 0, 'stable'],
    ['coverage', 0, 0.5, 'improving'],
    ['coverage', 0.5, null, 'no_data'],
    ['coverage', null, null, 'no_baseline'],
  ])('%s %p -> %p is %s', (metric, yesterday, today, direction) =>
    expect(compare(metric, yesterday, today).direction).toBe(direction),
  );

  it('shows the direction of the value by an arrow', () => {
    expect([compare('latency', 10, 20).arrow, compare('coverage', 0.9, 0.5).arrow, compare('loss', 1, 1).arrow]).toEqual([
      '↑',
      '↓',
      '→',
    ]);
  });

  it('counts exactly five percent, or the percentage of the setting', () => {
    expect(compare('coverage', 0.8, 0.76).direction).toBe('worsening');
    expect(compare('coverage', 0.8, 0.76, 10).direction).toBe('stable');
  });
});
