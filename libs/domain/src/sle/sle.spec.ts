import { readFileSync } from 'node:fs';
import { classifierColour, classifierShare, classifierTitle, topClassifiers } from './classifier.js';
import { insightOf } from './insight.js';
import { canonicalMetric, isSleMetric, normalizedName, SLE_METRICS, sleMetricsOf } from './metrics.js';
import { judgeSle, scoreOf, sumSamples, weightedScore } from './score.js';
import { statusOfSeverities } from '../health/status.js';

const load = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../test-fixtures/golden/${name}.json`, import.meta.url), 'utf8')) as T;
interface Golden {
  capacity_first_six_hours_of_openapi_example: { total: number[]; degraded: number[]; expected_score: number };
  coverage_dbm_case: { total: number[]; degraded: number[]; expected_score: number; expected_severity: string };
  classifier_cases: {
    name: string;
    total: (number | null)[];
    degraded: (number | null)[];
    expected: { percent_degraded: number | null; num_users: number | null; num_aps: number | null };
  }[];
  org_endpoint_case: {
    result_row: Record<string, number>;
    expected: Record<string, [string, string]>;
    expected_site_status: string;
  };
}
const golden = load<Golden>('sle_score_and_classifiers');

describe('golden SLE', () => {
  it('scores from samples, whatever unit their values have', () => {
    const { capacity_first_six_hours_of_openapi_example: capacity, coverage_dbm_case: coverage } = golden;
    expect(scoreOf(sumSamples(capacity))).toBeCloseTo(capacity.expected_score, 4);
    const score = scoreOf(sumSamples(coverage));
    expect(score).toBeCloseTo(coverage.expected_score, 4);
    expect(judgeSle({ metric: 'coverage', score, numClients: 5 }).severity).toBe(coverage.expected_severity);
  });

  it.each(golden.classifier_cases)('classifier $name', ({ name, total, degraded, expected }) => {
    const share = classifierShare({ name, samples: { total, degraded }, numUsers: 14, numAps: 2 }, { total: 100, degraded: 38 });
    expect([share.numUsers, share.numAps]).toEqual([expected.num_users, expected.num_aps]);
    if (expected.percent_degraded === null) expect([share.degradedPct, share.causePct]).toEqual([null, null]);
    else {
      expect(Math.abs((share.degradedPct ?? NaN) - expected.percent_degraded)).toBeLessThanOrEqual(0.05);
      expect(share.causePct).toBe(50);
    }
  });

  it('judges a row of the organization endpoint', () => {
    const { result_row: row, expected, expected_site_status } = golden.org_endpoint_case;
    const [numAps, numClients] = [row['num_aps'] ?? null, row['num_clients'] ?? null];
    const insights = sleMetricsOf('wifi').map((metric) =>
      insightOf({ metric, at: 0, score: row[metric] ?? null, numAps, numClients }),
    );
    expect(insights).toHaveLength(7);
    for (const { metric, text, severity } of insights)
      expect([text, severity]).toEqual([`${expected[metric]?.[0] ?? ''} - 3 APs, 24 clients`, expected[metric]?.[1]]);
    expect(statusOfSeverities(insights.map(({ severity }) => severity))).toBe(expected_site_status);
  });
});

describe('metric names', () => {
  it.each([
    ['failed-to-connect', 'successful-connect'],
    ['application_health', 'application-health'],
    ['WAN-Link-Health-v2', 'wan-link-health'],
    ['roaming-v2', 'roaming'],
    ['ap-health', 'ap-health'],
    ['switch-health-v2', null],
    ['num_aps', null],
  ])('%s is %s', (name, metric) => expect(canonicalMetric(name)).toBe(metric));

  it('are seven of Wi-Fi and three of WAN', () => {
    expect([sleMetricsOf('wifi').length, sleMetricsOf('wan').length]).toEqual([7, 3]);
    expect(SLE_METRICS.every(({ id }) => isSleMetric(id) && canonicalMetric(id) === id)).toBe(true);
  });
});

describe('scores', () => {
  it('are null where nothing was counted, and pass over buckets that are not whole', () => {
    expect(scoreOf(sumSamples({ total: [0, null, 5], degraded: [0, 3] }))).toBeNull();
    expect(scoreOf(sumSamples({ total: [10, null, 90], degraded: [10, 5, null] }))).toBe(0);
  });

  it('of a day weigh its hours by user time', () => {
    expect(
      weightedScore([
        { score: 1, weight: 30 },
        { score: 0.5, weight: 10 },
        { score: null, weight: 99 },
      ]),
    ).toBe(0.875);
    expect(weightedScore([{ score: 1, weight: 0 }])).toBeNull();
  });
});

describe('insights', () => {
  it('say nothing of client-based metrics without a client; AP health and WAN are always judged', () => {
    const at = { at: 0, score: 0, numAps: 1, numClients: 0 };
    expect(insightOf({ metric: 'throughput', ...at })).toMatchObject({
      severity: 'unknown',
      score: null,
      text: 'no data (no clients) - 1 APs, 0 clients',
    });
    expect(insightOf({ metric: 'ap-health', ...at })).toMatchObject({
      severity: 'critical',
      title: 'AP Health',
      text: '0.0% - 1 APs, 0 clients',
    });
    expect(
      insightOf({ metric: 'gateway-health', at: 0, score: 0.9, numAps: null, numClients: null, numGateways: 2 }),
    ).toMatchObject({ severity: 'warning', text: '90.0% - 2 gateways' });
    expect(insightOf({ metric: 'coverage', at: 0, score: null, numAps: null, numClients: null })).toMatchObject({
      severity: 'unknown',
      text: 'no data',
    });
  });

  it('are severe by the unrounded score', () => {
    expect(insightOf({ metric: 'coverage', at: 0, score: 0.69999, numAps: 1, numClients: 1 })).toMatchObject({
      severity: 'critical',
      text: '70.0% - 1 APs, 1 clients',
    });
  });

  it('name their worst causes first', () => {
    const share = (name: string, degraded: number) =>
      classifierShare(
        { name, samples: { total: [100], degraded: [degraded] }, numUsers: 1, numAps: 1 },
        { total: 100, degraded: 50 },
      );
    const shares = [share('b', 5), share('a', 5), share('c', 30), share('d', 0), share('e', 1)];
    expect(topClassifiers(shares).map(({ name }) => name)).toEqual(['c', 'a', 'b']);
  });
});

describe('classifiers', () => {
  it.each([
    ['dhcp-nack', 'DHCP Nack'],
    ['IP-Services', 'IP-Services'],
    ['client_usage', 'Client Usage'],
    ['ethernet-ethernet-errors', 'Ethernet Errors'],
    ['ethernet-speed-mismatch', 'Speed Mismatch'],
    ['latency-slow-okc-roam', 'Latency Slow OKC Roam'],
    ['capacity-non-wifi-interference', 'Capacity Non-WiFi Interference'],
    ['some_new-cause', 'Some New Cause'],
  ])('%s reads %s', (name, title) => expect(classifierTitle(name)).toBe(title));

  it.each<[number | null, string]>([
    [20, 'red'],
    [19.99, 'dark-orange'],
    [10, 'dark-orange'],
    [9.99, 'orange'],
    [0.01, 'orange'],
    [0, 'green'],
    [null, 'none'],
  ])('%p %% is %s', (pct, colour) => {
    expect(classifierColour(pct)).toBe(colour);
  });

  it('are looked up without regard to case and underscores', () => expect(normalizedName('IP_Services ')).toBe('ip-services'));
});
