import type { AlertRuleId } from '@app/domain';
import { describeIncident, type JudgedMember } from './describe-incident.js';

let nextId = 1;
const member = (rule: AlertRuleId, siteId: number, over: Partial<JudgedMember> = {}): JudgedMember => ({
  alertId: nextId++,
  rule,
  siteId,
  siteName: `Site ${siteId}`,
  status: 'firing',
  severity: rule === 'circuit-down' ? 'major' : 'critical',
  since: siteId * 1_000,
  resolvedAt: null,
  details: {
    siteName: `Site ${siteId}`,
    circuitName: 'ge-0/0/0',
    metrics: [{ metric: 'ap-health', score: 0.5, severity: 'critical' }],
  },
  isTold: false,
  isFlapping: false,
  isNewlyFlapping: false,
  circuitId: null,
  acknowledgedAt: null,
  suppression: null,
  ...over,
});
const suppressed = { reason: 'site-is-down', until: null } as const;

const FAILED_OVER = { siteName: 'Site 1', circuitName: 'main line', backupName: 'spare line' };

describe('describeIncident', () => {
  it.each<[string, JudgedMember[]]>([
    ['Site 1: site down', [member('site-down', 1), member('circuit-down', 1, { suppression: suppressed })]],
    ['Site 1: circuit ge-0/0/0 down', [member('circuit-down', 1)]],
    ['Site 1: circuit ge-0/0/0 flapping', [member('circuit-down', 1, { isFlapping: true })]],
    ['Site 1: failed over to spare line', [member('failover', 1, { details: FAILED_OVER })]],
    ['Site 1: failing over and back', [member('failover', 1, { details: FAILED_OVER, isFlapping: true })]],
    ['Site 1: circuit ge-0/0/0 down', [member('failover', 1, { details: FAILED_OVER }), member('circuit-down', 1)]],
    [
      'circuits down at 1 site, 2 sites failed over',
      [member('circuit-down', 1), member('failover', 2), member('failover', 3), member('failover', 1)],
    ],
    ['Site 1: site flapping', [member('site-down', 1, { isFlapping: true })]],
    ['Site 1: 2 circuits down', [member('circuit-down', 1), member('circuit-down', 1)]],
    ['Site 1: service levels critical', [member('sle', 1)]],
    ['Site 1: service levels degraded', [member('sle', 1, { severity: 'major' })]],
    ['2 sites: service levels critical', [member('sle', 1, { severity: 'major' }), member('sle', 2)]],
    ['2 sites down', [member('site-down', 1), member('site-down', 2)]],
    ['1 site down, circuits down at 2 sites', [member('site-down', 1), member('circuit-down', 2), member('circuit-down', 3)]],
  ])('is titled %s', (title, members) => {
    expect(describeIncident(members, 'opened').title).toBe(title);
  });

  it('puts the worst site first, then the one that is bad the longest', () => {
    const { sites } = describeIncident([member('circuit-down', 1), member('site-down', 3), member('site-down', 2)], 'opened');
    expect(sites.map(({ name }) => name)).toEqual(['Site 2', 'Site 3', 'Site 1']);
  });

  it('says from where to where a site failed over', () => {
    const failedOver = member('failover', 1, { details: FAILED_OVER });
    expect(describeIncident([failedOver], 'opened').sites[0]?.what).toEqual(['Failed over from main line to spare line']);
    expect(describeIncident([{ ...failedOver, isFlapping: true }], 'opened').sites[0]?.what).toEqual([
      'Circuit main line fails over and back again and again',
    ]);
  });

  it('names what follows from a site that is down inside the site, and not on its own', () => {
    const { sites, siteCount } = describeIncident(
      [member('site-down', 1), member('sle', 1, { suppression: suppressed })],
      'opened',
    );
    expect(siteCount).toBe(1);
    expect(sites[0]?.what).toEqual(['Site down', 'AP Health 50.0% critical (because the site is down)']);
  });

  it('names in a recovery all that had been told, and nothing else', () => {
    const over = { status: 'resolved', resolvedAt: 9_000 } as const;
    const { sites, title } = describeIncident(
      [member('circuit-down', 1, { ...over, isTold: true }), member('circuit-down', 2, over)],
      'recovered',
    );
    expect(sites).toMatchObject([{ name: 'Site 1', resolvedAt: 9_000, isNew: false }]);
    expect(title).toBe('Site 1: circuit ge-0/0/0 down');
  });

  it('keeps the worst of thousands of sites and counts all', () => {
    const { sites, siteCount } = describeIncident(
      Array.from({ length: 3_208 }, (_, i) => member('sle', i)),
      'opened',
    );
    expect(siteCount).toBe(3_208);
    expect(sites).toHaveLength(200);
  });
});
