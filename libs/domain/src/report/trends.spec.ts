import fc from 'fast-check';
import { trendOf } from '../trend/assemble.js';
import { WAN_TREND_METRICS } from '../trend/metrics.js';
import { SLE_METRICS } from '../sle/metrics.js';
import { displayWidth } from './layout.js';
import { trendLines, type ReportTrends } from './trends.js';

const DAYS = ['2026-02-23', '2026-02-24', '2026-02-25', '2026-02-26', '2026-02-27', '2026-02-28', '2026-03-01'];
const TRENDS: ReportTrends = {
  end: Date.UTC(2026, 2, 1, 12),
  org: [
    trendOf('utilization', 40, 60),
    trendOf('utilization_max', 80, 72),
    trendOf('loss', 0, 0.2),
    trendOf('latency', 20, 20.2),
    trendOf('availability', 99.9, 99.7),
    trendOf('flaps', null, 3),
  ],
  days: DAYS,
  tables: [
    {
      siteName: 'Birch Road',
      status: 'CRITICAL',
      rows: [
        { values: [null, 0.991, 1, 0.95, 0.9, 0.8, 0.612], trend: trendOf('time-to-connect', 0.8, 0.612) },
        { values: [1, 1, 1, 1, 1, 1, 1], trend: trendOf('application-health', 1, 1) },
        { values: [10, 20.04, 1234.5, 5, 7, null, 3], trend: trendOf('latency', 7, 3) },
      ],
    },
    { siteName: 'Cedar Lane', status: 'DEGRADED', rows: [] },
  ],
  sitesLeftOut: 2,
};

describe('the trend section', () => {
  it('compares the organization, then shows seven days of each degraded site', () => {
    expect(trendLines(TRENDS, Infinity).join('\n')).toMatchSnapshot();
  });

  it('says how many sites it leaves out, and that there is no history yet', () => {
    expect(trendLines(TRENDS, 1).at(-1)).toBe('... and 3 more degraded sites');
    expect(trendLines({ ...TRENDS, org: [trendOf('loss', null, 0.1)], tables: [], sitesLeftOut: 0 }, Infinity)).toEqual([
      'Not enough history yet to compare the last 24 hours.',
    ]);
  });

  it('stays within 70 columns whatever the figures and names', () => {
    const ids = [...WAN_TREND_METRICS.map(({ id }) => id), ...SLE_METRICS.map(({ id }) => id)];
    const value = fc.option(fc.double({ min: 0, max: 99_999, noNaN: true }));
    fc.assert(
      fc.property(
        fc.constantFrom(...ids),
        fc.array(value, { minLength: 7, maxLength: 7 }),
        fc.string({ unit: 'binary' }),
        (metric, values, siteName) => {
          const trend = trendOf(metric, values[0] ?? null, values[1] ?? null);
          const shares = SLE_METRICS.some(({ id }) => id === metric)
            ? values.map((each) => (each === null ? null : each / 99_999))
            : values;
          const lines = trendLines(
            { ...TRENDS, org: [trend], tables: [{ siteName, status: 'UNHEALTHY', rows: [{ values: shares, trend }] }] },
            Infinity,
          );
          for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(70);
        },
      ),
    );
  });
});
