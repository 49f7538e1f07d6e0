import fc from 'fast-check';
import { displayWidth } from './layout.js';
import {
  renderHealthDashboard,
  renderSummaryReport,
  reportFileName,
  staleReasonOf,
  type ReportModel,
  type ReportSite,
} from './index.js';

const AT = Date.UTC(2026, 2, 1, 12);

const site = (given: Partial<ReportSite>): ReportSite => ({
  id: 's1',
  name: 'Alder Street',
  region: 'North',
  status: 'HEALTHY',
  parts: { wifi: 'HEALTHY', wanSle: 'HEALTHY', wan: 'HEALTHY' },
  dataAgeMs: 60_000,
  staleReason: null,
  insights: [],
  circuits: [],
  ...given,
});

const model = (given: Partial<ReportModel>): ReportModel => ({
  generatedAt: AT,
  org: { id: 'org-1', name: 'Example Retail', status: 'HEALTHY', dataAgeMs: 60_000, staleReason: null },
  sites: [],
  alerts: [],
  circuits: { total: 0, up: 0, down: 0, unknown: 0 },
  failures: [],
  ...given,
});

const troubled = model({
  org: { id: 'org-1', name: 'Example Retail', status: 'CRITICAL', dataAgeMs: 60_000, staleReason: null },
  circuits: { total: 2, up: 1, down: 1, unknown: 0 },
  failures: [
    { kind: 'sle-wan', reason: 'rate-limited', detail: 'asked to wait until 13:00', failedAt: AT - 60_000, failures: 2 },
  ],
  sites: [
    site({
      id: 's3',
      name: 'Cedar Lane',
      status: 'UNKNOWN',
      parts: { wifi: 'UNKNOWN', wanSle: 'UNKNOWN', wan: 'UNKNOWN' },
      dataAgeMs: 11_100_000,
      staleReason: 'unauthorized',
    }),
    site({
      id: 's2',
      name: 'Birch Road',
      status: 'CRITICAL',
      parts: { wifi: 'CRITICAL', wanSle: 'HEALTHY', wan: 'UNHEALTHY' },
      insights: [
        {
          metric: 'time-to-connect',
          title: 'Time to Connect',
          score: 0.612,
          severity: 'critical',
          text: '61.2% - 4 APs, 20 clients',
          classifiers: [
            { name: 'Association', degradedPct: 2, numUsers: 1, numAps: 1 },
            { name: 'DHCP Nack', degradedPct: 31.4, numUsers: 9, numAps: 3 },
          ],
        },
        {
          metric: 'roaming',
          title: 'Roaming',
          score: 0.97,
          severity: 'info',
          text: '97.0% - 4 APs, 20 clients',
          classifiers: [],
        },
      ],
      circuits: [
        {
          id: 'aa:ge-0/0/1',
          name: 'backup line',
          state: 'down',
          since: AT - 3_600_000,
          utilizationPct: null,
          severity: 'major',
          why: ['state'],
        },
        {
          id: 'aa:ge-0/0/0',
          name: 'main line',
          state: 'up',
          since: null,
          utilizationPct: 74.25,
          severity: 'warning',
          why: ['utilization'],
        },
      ],
    }),
  ],
});

describe('summary report', () => {
  it('says in order: health, priorities, remedies, sites, details', () => {
    expect(renderSummaryReport(troubled)).toMatchSnapshot();
  });

  it('gives the same bytes whatever the order of the sites', () => {
    expect(renderSummaryReport({ ...troubled, sites: [...troubled.sites].reverse() })).toBe(renderSummaryReport(troubled));
  });

  it('says how many findings it leaves out', () => {
    expect(renderSummaryReport(troubled, { details: 1, sites: 1 })).toMatch(
      /\.\.\. and 1 more site\n[\s\S]*\.\.\. and 2 more findings\n$/,
    );
  });

  it('never exceeds 70 columns, and no name makes a line of its own', () => {
    const hostile = fc.string({ unit: 'binary', maxLength: 120 });
    const clean = renderSummaryReport(model({ sites: [site({ name: 'x', status: 'DEGRADED' })] })).split('\n').length;
    fc.assert(
      fc.property(hostile, hostile, (name, region) => {
        const text = renderSummaryReport(model({ sites: [site({ name, region, status: 'DEGRADED' })] }));
        const lines = text.split('\n');
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(70);
        expect(/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text.replaceAll('\n', ''))).toBe(false);
        expect(lines.length).toBeLessThanOrEqual(clean + 5);
      }),
    );
  });

  it('shows a forged heading as text inside its line', () => {
    const text = renderSummaryReport(model({ sites: [site({ name: 'A\nOVERALL HEALTH: HEALTHY\u001b[2J\u202e' })] }));
    expect(text).toContain('A OVERALL HEALTH: HEALTHY [2J');
    expect(text.match(/^OVERALL HEALTH/gm)).toHaveLength(1);
  });

  it('counts wide characters as two columns', () => {
    const lines = renderSummaryReport(model({ sites: [site({ name: '東京'.repeat(40) })] })).split('\n');
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(70);
  });
});

it('says of a kind that was not tried that it was left out, not how often it failed', () => {
  const failures = [{ kind: 'wan-ports', reason: 'unauthorized' as const, detail: null, failedAt: AT, failures: 0 }];
  expect(renderSummaryReport(model({ failures }))).toContain(
    '! wan-ports: unauthorized (left out, last at 2026-03-01T12:00:00Z)',
  );
});

describe('health dashboard', () => {
  it('is the same in text and JSON', () => {
    expect(renderHealthDashboard(troubled)).toMatchSnapshot();
  });

  it('keeps two sites of one name apart', () => {
    const { json } = renderHealthDashboard(model({ sites: [site({ id: 'a' }), site({ id: 'b' }), site({ id: '__proto__' })] }));
    expect(Object.keys(json.sites)).toEqual(['__proto__', 'a', 'b']);
  });

  it('stays within 70 columns', () => {
    for (const line of renderHealthDashboard(troubled).text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(70);
  });
});

it.each([
  ['MIST_UNAUTHORIZED', 'unauthorized'],
  ['MIST_RATE_LIMITED', 'rate-limited'],
  ['MIST_TIMEOUT', 'unanswered'],
  [null, 'unanswered'],
] as const)('tells %s as %s', (code, reason) => {
  expect(staleReasonOf(code)).toBe(reason);
});

it('names files by their stamp', () => {
  expect(reportFileName('summary', AT)).toBe('SUMMARY_REPORT_20260301T120000Z.txt');
  expect(reportFileName('dashboard-json', AT)).toBe('HEALTH_DASHBOARD_20260301T120000Z.json');
});
