import { readFileSync } from 'node:fs';
import { PRIORITIES } from '../report/index.js';
import type { Severity } from '../severity.js';
import { DEFAULT_THRESHOLDS } from '../thresholds/defaults.js';
import { creditOf, healthScore } from './score.js';
import { isDegraded, siteStatus, sleHealth, statusOfSeverities, worstStatus } from './status.js';
import { type CurrentCircuit, utilizationTrend, wanStatus } from './wan.js';

const load = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../test-fixtures/golden/${name}.json`, import.meta.url), 'utf8')) as T;
const golden = load<{
  health_rollup: { insights: Severity[]; site_status: string; overall: string }[];
  action_texts: Record<string, string>;
}>('severity');
const MINUTE = 60_000;

describe('golden health', () => {
  it.each(golden.health_rollup)('$insights is $site_status', ({ insights, site_status, overall }) => {
    const status = statusOfSeverities(insights);
    expect([status, worstStatus([status])]).toEqual([site_status, overall]);
  });

  it('has the action texts', () =>
    expect(Object.fromEntries(PRIORITIES.map(({ severity, action }) => [severity, action]))).toEqual(golden.action_texts));
});

describe('Wi-Fi health', () => {
  it('lasts two intervals and five minutes, then is UNKNOWN; its age stays', () => {
    const insights = [{ at: 0, severity: 'major' as const }];
    expect(sleHealth(insights, 35 * MINUTE, 15 * MINUTE)).toEqual({ status: 'UNHEALTHY', ageMs: 35 * MINUTE });
    expect(sleHealth(insights, 35 * MINUTE + 1, 15 * MINUTE)).toEqual({ status: 'UNKNOWN', ageMs: 35 * MINUTE + 1 });
    expect(sleHealth([], 0, MINUTE)).toEqual({ status: 'UNKNOWN', ageMs: null });
  });

  it('leaves out what is stale or unknown', () => {
    expect(
      sleHealth(
        [
          { at: 0, severity: 'critical' },
          { at: 50 * MINUTE, severity: 'info' },
          { at: 50 * MINUTE, severity: 'unknown' },
        ],
        60 * MINUTE,
        15 * MINUTE,
      ).status,
    ).toBe('HEALTHY');
  });
});

describe('WAN status', () => {
  const circuit = (over: Partial<CurrentCircuit> = {}): CurrentCircuit => ({
    isFresh: true,
    isDisabled: false,
    up: true,
    isFailedOver: false,
    severities: ['info'],
    ...over,
  });

  it.each<[string, Partial<CurrentCircuit>[], string]>([
    ['all is well', [{}, {}], 'HEALTHY'],
    ['no circuit is up', [{ up: false }, { up: false }], 'CRITICAL'],
    ['a metric is critical', [{ severities: ['info', 'critical'] }, {}], 'CRITICAL'],
    ['a circuit is down', [{ up: false }, {}], 'UNHEALTHY'],
    ['failed over', [{ isFailedOver: true }, {}], 'UNHEALTHY'],
    ['a metric is major', [{ severities: ['major'] }, {}], 'UNHEALTHY'],
    ['a metric is at warning', [{ severities: ['warning'] }, {}], 'DEGRADED'],
    ['nothing is fresh', [{ isFresh: false, up: false, severities: ['critical'] }], 'UNKNOWN'],
    ['there is no circuit', [], 'UNKNOWN'],
    ['a disabled one is down', [{ isDisabled: true, up: false }, {}], 'HEALTHY'],
    ['the state is not known', [{ up: null, severities: ['unknown'] }], 'UNKNOWN'],
  ])('%s', (_name, circuits, status) => expect(wanStatus(circuits.map(circuit)).status).toBe(status));

  it.each<[[number | null, number | null, number | null], string]>([
    [[10, 0, 20.1], 'rising'],
    [[10, 99, 20], 'steady'],
    [[20, 0, 9.9], 'falling'],
    [[null, 1, 1], 'unknown'],
  ])('utilization %p is %s', (hours, trend) => {
    expect(utilizationTrend(hours)).toBe(trend);
  });
});

describe('a site', () => {
  it('is as bad as its worst part; unknown parts say nothing', () => {
    expect(siteStatus({ wifi: 'HEALTHY', wanSle: 'UNKNOWN', wan: 'DEGRADED' })).toBe('DEGRADED');
    expect(siteStatus({ wifi: 'UNKNOWN', wanSle: 'UNKNOWN', wan: 'UNKNOWN' })).toBe('UNKNOWN');
    expect((['UNKNOWN', 'HEALTHY', 'DEGRADED', 'UNHEALTHY', 'CRITICAL'] as const).map(isDegraded)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
  });
});

describe('health score', () => {
  const thresholds = DEFAULT_THRESHOLDS.coverage;

  it.each([
    [0, 0],
    [0.35, 5],
    [0.7, 10],
    [0.75, 15],
    [0.8, 20],
    [0.9, 30],
    [0.95, 65],
    [1, 100],
  ])('a score of %d earns %d', (score, credit) => {
    expect(creditOf(score, thresholds)).toBeCloseTo(credit, 9);
  });

  it('weighs the metrics with data; under half of them is null', () => {
    const part = (score: number | null, weight = 1) => ({ metric: 'coverage' as const, score, thresholds, weight });
    expect(healthScore([part(1), part(0.9), part(null)])).toBeCloseTo(65, 9);
    expect(healthScore([part(1, 3), part(0.9)])).toBeCloseTo(82.5, 9);
    expect(healthScore([part(1), part(null), part(null)])).toBeNull();
    expect(healthScore([])).toBeNull();
  });
});
