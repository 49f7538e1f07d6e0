import { mapBatch } from './mapper.js';

const AT = Date.UTC(2026, 2, 2, 12);
const HOUR_MS = 3_600_000;

describe('sle-wifi and sle-wan', () => {
  it('names every metric by its one name; absent is no data and 0 stays 0', () => {
    const row = {
      site_id: 's',
      num_clients: 0,
      application_health: 0.82,
      'failed-to-connect': 0.9,
      'roaming-exp': 0.1,
      roaming: 0.99,
      throughput: 0,
      capacity: null,
      'wan-link-health': 0.7,
      'wan-link-health-v2': 0.6,
    };
    expect(mapBatch('sle-wan', [row], AT).records).toMatchObject([
      {
        numClients: 0,
        scores: { 'application-health': 0.82, 'successful-connect': 0.9, roaming: 0.99, throughput: 0, 'wan-link-health': 0.6 },
      },
    ]);
    const [record] = mapBatch('sle-wan', [{ site_id: 's', 'wan-link-health-v2': 0, 'wan-link-health': 0.7 }], AT).records;
    expect(record).toMatchObject({ scores: { 'wan-link-health': 0.7 } });
    expect(mapBatch('sle-wifi', [{ site_id: 's' }], AT).records).toMatchObject([{ scores: {} }]);
  });

  it('refuses a score that is a percentage', () => {
    expect(mapBatch('sle-wifi', [{ site_id: 's', coverage: 81 }], AT).setAside).toMatchObject([
      { reason: 'coverage must be <= 1, but is 81' },
    ]);
  });
});

describe('sle-detail', () => {
  const start = (AT - 2 * HOUR_MS) / 1000;
  const answer = {
    start,
    end: AT / 1000,
    sle: {
      name: 'failed-to-connect',
      interval: 3600,
      y_label: 'dBm',
      samples: { total: [600, null, 9], degraded: [12, 3, 9], value: [-53, null, -1] },
    },
    classifiers: [
      {
        name: 'dns',
        interval: 3600,
        samples: { total: [600, 500, 9], degraded: [7, null, 9] },
        impact: { num_users: 4, total_users: 26 },
      },
    ],
  };

  it('sums the closed buckets in which both numbers are known', () => {
    expect(mapBatch('sle-detail', [answer], AT, { siteId: 's' }).records).toEqual([
      {
        siteId: 's',
        metric: 'successful-connect',
        windowFrom: AT - 2 * HOUR_MS,
        windowTo: AT,
        totalMinutes: 600,
        degradedMinutes: 12,
        hours: [{ hour: AT - 2 * HOUR_MS, totalMinutes: 600, degradedMinutes: 12 }],
        measuredValue: -53,
        measuredUnit: 'dBm',
        impact: null,
        classifiers: [
          {
            name: 'dns',
            totalMinutes: 600,
            degradedMinutes: 7,
            impact: { numUsers: 4, totalUsers: 26, numAps: null, totalAps: null, numGateways: null, totalGateways: null },
          },
        ],
      },
    ]);
  });

  it('counts from the first full hour when the window is not aligned', () => {
    const shifted = { ...answer, start: start - 100, end: AT / 1000 - 100 };
    expect(mapBatch('sle-detail', [shifted], AT, { siteId: 's' }).records).toMatchObject([
      { totalMinutes: 600, degradedMinutes: 12 },
    ]);
  });

  it.each([
    ['an hour of six buckets', 600, [10, 10, 10, 10, 10, 10], [1, 0, 0, 0, 0, 1], [{ totalMinutes: 60, degradedMinutes: 2 }]],
    ['no hour of which a bucket is missing', 600, [10, 10, null, 10, 10, 10], [1, 0, 0, 0, 0, 1], []],
    ['no hour of a wider bucket', 7200, [100], [1], []],
    ['no hour of buckets that do not fill one', 2700, [10, 10], [0, 0], []],
  ])('tells %s', (_name, interval, total, degraded, hours) => {
    const sle = { name: 'coverage', interval, samples: { total, degraded } };
    const [record] = mapBatch('sle-detail', [{ start, end: AT / 1000, sle }], AT, { siteId: 's' }).records;
    expect(record).toMatchObject({ hours });
  });

  it('says what is missing when nobody names the site', () => {
    const reasons = mapBatch('sle-detail', [answer], AT).setAside.map(({ reason }) => reason);
    expect(reasons).toEqual(['neither the answer nor the question (context.siteId) names the site']);
  });
});
