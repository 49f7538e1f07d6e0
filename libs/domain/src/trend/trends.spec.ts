import { NEVER_BREACHED, type AlertState } from '../alerting/alert.js';
import { transition } from '../alerting/transition.js';
import { SLE_METRICS } from '../sle/metrics.js';
import { HOUR_MS } from '../time/bucket.js';
import { byWorsening, trendOf, trendsOf, type MetricTrend } from './assemble.js';
import { TREND_ALERT_RULE, trendCondition } from './condition.js';
import { describeTrendMetric, ruleOfTrendMetric, WAN_TREND_METRICS, type TrendMetricId } from './metrics.js';
import { firstHourIn, trendDays, trendWindows } from './windows.js';

const at = (iso: string): number => Date.parse(iso);
const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 16);
const spans = ({ now, before }: ReturnType<typeof trendWindows>): string[] =>
  [now, before].flatMap(({ from, to }) => [iso(from), iso(to)]);

describe('the windows of a trend', () => {
  it('are whole hours before an explicit end, and the same a day or a week before', () => {
    expect(spans(trendWindows(at('2026-03-10T12:40Z'), 'day'))).toEqual([
      '2026-03-09T12:00',
      '2026-03-10T12:00',
      '2026-03-08T12:00',
      '2026-03-09T12:00',
    ]);
    expect(spans(trendWindows(at('2026-03-10T12:00Z'), 'week', 3))).toEqual([
      '2026-03-10T09:00',
      '2026-03-10T12:00',
      '2026-03-03T09:00',
      '2026-03-03T12:00',
    ]);
  });

  it('are calendar days where a day is asked for, also of 23 hours', () => {
    const windows = trendDays(at('2026-03-30T10:00Z'), 'day', 'Europe/Berlin');
    expect(spans(windows)).toEqual(['2026-03-29T22:00', '2026-03-30T22:00', '2026-03-28T23:00', '2026-03-29T22:00']);
    expect((windows.before.to - windows.before.from) / HOUR_MS).toBe(23);
    expect(spans(trendDays(at('2026-03-30T10:00Z'), 'week', 'Europe/Berlin')).slice(2)).toEqual([
      '2026-03-22T23:00',
      '2026-03-23T23:00',
    ]);
  });

  it('begin with the first hour that starts in them', () => {
    expect([firstHourIn(at('2026-03-01T18:30Z')), firstHourIn(at('2026-03-01T18:00Z'))].map(iso)).toEqual([
      '2026-03-01T19:00',
      '2026-03-01T18:00',
    ]);
  });
});

describe('trend metrics', () => {
  it('have a rule and a title each', () => {
    const all: TrendMetricId[] = [...WAN_TREND_METRICS.map(({ id }) => id), ...SLE_METRICS.map(({ id }) => id)];
    expect(all).toHaveLength(18);
    for (const id of all) expect(describeTrendMetric(id).title).not.toBe('');
    expect(ruleOfTrendMetric('utilization_p95')).toEqual({ worse: 'higher', smallestStep: 2, alwaysWorseBy: null });
    expect(ruleOfTrendMetric('availability')).toMatchObject({ worse: 'lower', alwaysWorseBy: 0.1 });
  });
});

describe('trends of a subject', () => {
  it.each<
    [
      TrendMetricId,
      number | null,
      number | null,
      MetricTrend['direction'],
      MetricTrend['arrow'],
      MetricTrend['word'],
      number | null,
    ]
  >([
    ['utilization', 40, 50, 'worsening', '↑', 'worse', 25],
    ['utilization_max', 50, 40, 'improving', '↓', 'better', -20],
    ['availability', 99.9, 99.7, 'worsening', '↓', 'worse', (0.2 / 99.9) * 100],
    ['coverage', 0.8, 0.9, 'improving', '↑', 'better', -12.5],
    ['latency', 10, 10.5, 'stable', '↑', null, 5],
    ['flaps', 0, 3, 'worsening', '↑', 'worse', Infinity],
    ['coverage', 0, 0.5, 'improving', '↑', 'better', -Infinity],
    ['loss', null, 1, 'no_baseline', '→', null, null],
    ['loss', 1, null, 'no_data', '→', null, null],
  ])('%s %p -> %p is %s %s %p', (metric, before, now, direction, arrow, word, worsened) => {
    const trend = trendOf(metric, before, now);
    expect([trend.direction, trend.arrow, trend.word]).toEqual([direction, arrow, word]);
    if (worsened === null || !Number.isFinite(worsened)) expect(trend.worsenedPct).toBe(worsened);
    else expect(trend.worsenedPct).toBeCloseTo(worsened, 6);
  });

  it('leave out what neither window knows and follow the setting', () => {
    const trends = trendsOf(
      ['utilization', 'loss', 'jitter'],
      { utilization: 40, loss: null },
      { utilization: 44, jitter: 3 },
      20,
    );
    expect(trends.map(({ metric, direction }) => `${metric} ${direction}`)).toEqual(['utilization stable', 'jitter no_baseline']);
  });

  it('are listed worst first, what cannot be compared last', () => {
    const all = [
      trendOf('loss', null, 1),
      trendOf('latency', 20, 10),
      trendOf('latency', 10, 10),
      trendOf('latency', 10, 20),
      trendOf('flaps', 0, 5),
      trendOf('loss', 1, null),
    ];
    expect([...all].sort(byWorsening).map(({ metric, direction }) => `${metric} ${direction}`)).toEqual([
      'flaps worsening',
      'latency worsening',
      'latency stable',
      'latency improving',
      'loss no_baseline',
      'loss no_data',
    ]);
  });
});

describe('the condition of a trend alert', () => {
  const observe = (state: AlertState, before: number | null, now: number | null, hour: number): AlertState =>
    transition(state, trendCondition(trendOf('latency', before, now), hour * HOUR_MS, 'info'), TREND_ALERT_RULE, hour * HOUR_MS)
      .state;

  it('is met by the second worsening in a row, and over after two good answers', () => {
    const first = observe(NEVER_BREACHED, 10, 20, 1);
    expect(first.kind).toBe('pending');
    const fired = observe(first, 10, 20, 2);
    expect(fired.kind).toBe('firing');
    const unknown = observe(fired, null, 20, 3);
    expect(unknown.kind).toBe('firing');
    const clearing = observe(unknown, 10, 10, 4);
    expect([clearing.kind, observe(clearing, 10, 10, 5).kind]).toEqual(['clearing', 'ok']);
  });

  it('is as bad as the figure itself', () => {
    const severity = (now: Parameters<typeof trendCondition>[2]): string =>
      trendCondition({ direction: 'worsening' }, 0, now).severity;
    expect([severity('unknown'), severity('info'), severity('critical')]).toEqual(['warning', 'warning', 'critical']);
  });
});
