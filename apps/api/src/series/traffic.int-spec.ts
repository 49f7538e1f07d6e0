import { ensurePartitions } from '@app/shared';
import { seedAlder, startApi, type ApiFixture } from '../api.fixture.js';

const BASE = '/v1/orgs/org-alder';

let fixture: ApiFixture;
let key: string;

async function points(url: string): Promise<Record<string, unknown>[]> {
  const answer = await fixture.call(key, 'GET', url);
  if (answer.status !== 200) throw new Error(answer.body);
  return (JSON.parse(answer.body) as { points: Record<string, unknown>[] }).points;
}

beforeAll(async () => {
  fixture = await startApi();
  await seedAlder(fixture.db);
  key = await fixture.key('viewer', 'org-alder');
  // 75, 80 and 95 Mbps on average; of the second hour nothing is known.
  await fixture.db.query(`update circuit_hour set peak_rx_bps = utilization_pct * 1.2e6, peak_tx_bps = null`);
}, 60_000);
afterAll(() => fixture.close());

describe('traffic of a circuit in Mbps', () => {
  const circuit = `${BASE}/circuits/020000000101:ge-0/0/0/series`;

  it('is bytes over covered time, and the busiest interval, hour by hour', async () => {
    const hours = await points(`${circuit}?from=2026-03-01T08:00:00Z&grain=hour&metrics=traffic`);
    expect(hours.map((point) => point['traffic_mbps'])).toEqual([
      { rx: { avg: 75, peak: 90 }, tx: { avg: 0, peak: null } },
      { rx: { avg: null, peak: null }, tx: { avg: null, peak: null } },
      { rx: { avg: 80, peak: 96 }, tx: { avg: 0, peak: null } },
      { rx: { avg: 95, peak: 114 }, tx: { avg: 0, peak: null } },
    ]);
  });

  it.each(['day', 'month'])('is one figure of a %s, from sums and from the highest peak', async (grain) => {
    const [point] = await points(`${circuit}?from=2026-03-01T00:00:00Z&grain=${grain}&metrics=traffic`);
    expect(point?.['traffic_mbps']).toEqual({ rx: { avg: 250 / 3, peak: 114 }, tx: { avg: 0, peak: null } });
  });

  it('knows the peaks of long periods too, whose hours are not read one by one', async () => {
    const long = await points(`${circuit}?from=2025-04-01T00:00:00Z&to=2026-03-02T00:00:00Z&grain=month&metrics=traffic`);
    expect(long.map((point) => point['traffic_mbps'])).toEqual([
      ...Array.from({ length: 11 }, () => ({ rx: { avg: null, peak: null }, tx: { avg: null, peak: null } })),
      { rx: { avg: 250 / 3, peak: 114 }, tx: { avg: 0, peak: null } },
    ]);
  });

  it('adds the peaks of the hours to a month that was stored', async () => {
    await ensurePartitions(fixture.db, 'circuit_month', [Date.UTC(2026, 2, 1)]);
    await fixture.db.query(
      `insert into circuit_month (org_id, circuit_id, start, stretch_from, stretch_to, site_id, region, facts, covered_ms, rx_bytes, util_hours, util_weight_ms,
         util_sum, up_ms, down_ms, latency_count, latency_sum, latency_sketched, jitter_count, jitter_sum, jitter_sketched, loss_count, loss_sum, loss_sketched, above)
       select org_id, id, '2026-03-01Z', '2026-03-01Z', '2026-04-01Z', site_id, 'North', 3, 10800000, 112500000000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
         array_fill(0, array[48]) from circuit where port_id = 'ge-0/0/0'`,
    );
    await fixture.db.query(
      `insert into rollup_state (org_id, closed_until, timezone, thresholds) select id, '2026-04-01Z', 'UTC', '{}' from org`,
    );
    const long = await points(`${circuit}?from=2026-01-01T00:00:00Z&to=2026-04-01T00:00:00Z&grain=month&metrics=traffic`);
    expect(long.at(-1)?.['traffic_mbps']).toEqual({ rx: { avg: 250 / 3, peak: 114 }, tx: { avg: null, peak: null } });
  });

  it('says at every grain whether a counter began anew', async () => {
    const resets = async (period: string): Promise<unknown[]> =>
      (await points(`${circuit}?${period}&metrics=status`)).map((point) => point['counter_reset']);
    const months = 'from=2026-01-01T00:00:00Z&to=2026-04-01T00:00:00Z&grain=month';
    expect(await resets(months)).toEqual([false, false, false]);
    await fixture.db.query(`update circuit_hour set counter_reset = true where hour = '2026-03-01T10:00:00Z'`);
    expect(await resets(months)).toEqual([false, false, true]);
    expect(await resets('from=2026-03-01T08:00:00Z&to=2026-03-01T12:00:00Z&grain=hour')).toEqual([false, false, true, false]);
  });

  it('is not asked of several circuits at once', async () => {
    const answer = await fixture.call(key, 'GET', `${BASE}/sites/site-alder/series?grain=hour&metrics=traffic`);
    expect(answer.body).not.toContain('traffic_mbps');
  });
});
