import { gunzipSync } from 'node:zlib';
import { seedAlder, startApi, type ApiFixture } from '../api.fixture.js';

const CIRCUIT = '/v1/orgs/org-alder/circuits/020000000101:ge-0/0/0';
const HOUR_MS = 3_600_000;
const FROM = Date.UTC(2026, 2, 1, 7);
const TO = Date.UTC(2026, 2, 1, 12);

let fixture: ApiFixture;
let key: string;

type Point = Readonly<Record<string, unknown>>;

async function get(url: string): Promise<{ points?: Point[]; windows?: Point[] }> {
  const answer = await fixture.call(key, 'GET', url);
  if (answer.status !== 200) throw new Error(answer.body);
  expect(answer.type).toBe('application/json; charset=utf-8');
  return JSON.parse(answer.body) as { points?: Point[]; windows?: Point[] };
}

const iso = (at: number): string => new Date(at).toISOString();

beforeAll(async () => {
  fixture = await startApi();
  await seedAlder(fixture.db);
  key = await fixture.key('viewer', 'org-alder');
  // Doubles at which one way to write them differs from another: thirds, tenths, tiny and huge ones, and none.
  await fixture.db
    .query(`update circuit_hour set rx_bytes = 9007199254740991, tx_bytes = 1234567, covered_ms = 3599999, peak_rx_bps = 1e21, peak_tx_bps = 1.0 / 3,
    utilization_pct = 100.0 / 3, peak_utilization_pct = 1e-7, bandwidth_up_mbps = 0.1 + 0.2, latency_count = 7, latency_avg = 2.0 / 3 * 100,
    latency_max = 1.7976931348623157e308, latency_p95 = 5e-324, jitter_count = 3, jitter_avg = 0.1, jitter_max = 1e15, jitter_p95 = null, loss_count = 11,
    loss_avg = 1e-5, loss_max = 123456789012345680, loss_p95 = 0.1 + 0.7 where extract(hour from hour at time zone 'UTC') = 8`);
  await fixture.db.query(
    `update circuit_hour set peak_rx_bps = 5e-324, peak_tx_bps = 0 where extract(hour from hour at time zone 'UTC') = 10`,
  );
}, 60_000);
afterAll(() => fixture.close());

it('writes every hour as the fold of that hour has it', async () => {
  const { points } = await get(`${CIRCUIT}/series?from=${iso(FROM)}&to=${iso(TO)}&grain=hour&above=loss:0.00001,latency:66.7`);
  expect(points?.map((point) => point['facts'])).toEqual([0, 1, 0, 1, 1]);
  for (const [i, point] of (points ?? []).entries()) {
    const end = FROM + (i + 1) * HOUR_MS;
    const folded = await get(`${CIRCUIT}/windows?end=${iso(end)}&hours=1&above=loss:0.00001,latency:66.7`);
    expect(JSON.stringify(point)).toBe(JSON.stringify(folded.windows?.[0]));
  }
});

it('is the same when it is compressed', async () => {
  const url = `${CIRCUIT}/series?from=${iso(FROM)}&to=${iso(TO)}&grain=hour`;
  const headers = { authorization: `Bearer ${key}`, 'accept-encoding': 'gzip' };
  const packed = await fixture.api.app.inject({ method: 'GET', url, headers });
  expect(packed.headers['content-encoding']).toBe('gzip');
  expect(JSON.parse(gunzipSync(packed.rawPayload).toString())).toEqual(await get(url));
});

it('reads and tells no more than the groups asked for', async () => {
  const { points } = await get(`${CIRCUIT}/series?from=${iso(FROM)}&to=${iso(TO)}&grain=hour&metrics=loss,traffic`);
  expect(points?.map((point) => Object.keys(point).slice(4))).toEqual(
    Array.from({ length: 5 }, () => ['covered_s', 'rx_bytes', 'tx_bytes', 'traffic_mbps', 'loss_pct']),
  );
});

it('lets fields be chosen of it', async () => {
  const { points } = await get(
    `${CIRCUIT}/series?from=${iso(FROM)}&to=${iso(TO)}&grain=hour&fields=points.start,points.latency_ms.count`,
  );
  expect(points?.[1]).toEqual({ start: '2026-03-01T08:00:00Z', latency_ms: { count: 7 } });
});
