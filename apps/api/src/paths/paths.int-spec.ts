import { pathHours, type PathHour } from '@app/domain';
import { ensurePartitions } from '@app/shared';
import { NOW, seedTagged, startApi, type ApiFixture } from '../api.fixture.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const END = Math.floor(NOW / HOUR) * HOUR;
const HUB = '0200000000ff|ge-0/0/0';
const BASE = '/v1/orgs/org-alder/circuits/mac-alder:ge-0/0/0/paths';

let fixture: ApiFixture;
let key: string;
let place: { org: number; circuit: number; device: number };

const insertHour = (row: PathHour): Promise<unknown> =>
  fixture.db.query(
    `insert into path_hour (org_id, circuit_id, hour, peer, up_ms, down_ms, flaps, latency_count, latency_avg, latency_max, latency_p95, jitter_count,
       loss_count, mos_count, mos_avg, mos_min, mtu) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, $12, $13, $14, $15)`,
    [
      place.org,
      place.circuit,
      new Date(row.hour),
      row.peer,
      row.upMs,
      row.downMs,
      row.flaps,
      row.latency.count,
      row.latency.avg,
      row.latency.max,
      row.latency.p95,
      row.mos.count,
      row.mos.avg,
      row.mos.min,
      row.mtu,
    ],
  );

const insertSample = (
  peer: string,
  at: number,
  more: { port?: string; up?: boolean | null; latency?: number } = {},
): Promise<unknown> =>
  fixture.db.query(
    `insert into path_sample (org_id, device_id, port_name, peer, at, received_at, up, active, latency_ms, mos)
     values ($1, $2, $3, $4, $5, $5, $6, true, $7, 4.25)`,
    [
      place.org,
      place.device,
      more.port ?? 'ge-0/0/0',
      peer,
      new Date(at),
      more.up === undefined ? true : more.up,
      more.latency ?? null,
    ],
  );

async function get(url: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fixture.call(key, 'GET', url);
  return { status: answer.status, body: JSON.parse(answer.body) as Record<string, unknown> };
}

beforeAll(async () => {
  fixture = await startApi();
  const { orgId } = await seedTagged(fixture.db, 'alder');
  await seedTagged(fixture.db, 'birch');
  key = await fixture.key('viewer', 'org-alder');
  const [circuit] = await fixture.db.query<{ id: number }>('select id from circuit where org_id = $1', [orgId]);
  const [device] = await fixture.db.query<{ id: number }>(
    `insert into device (org_id, mac, type, connected) values ($1, 'mac-alder', 'gateway', true) returning id`,
    [orgId],
  );
  place = { org: orgId, circuit: circuit?.id ?? 0, device: device?.id ?? 0 };
  await ensurePartitions(fixture.db, 'path_hour', [END - 3 * HOUR]);
  await ensurePartitions(fixture.db, 'path_sample', [NOW]);
  const reading = { up: true, active: true, jitterMs: null, lossPct: null, mtu: 1400 };
  const rows = pathHours(
    [
      { ...reading, peer: HUB, at: END - 3 * HOUR, latencyMs: 10, mos: 4 },
      { ...reading, peer: HUB, at: END - 2.5 * HOUR, latencyMs: null, mos: null, up: false },
      { ...reading, peer: HUB, at: END - HOUR, latencyMs: 40, mos: 3 },
      { ...reading, peer: HUB, at: END - HOUR / 2, latencyMs: 60, mos: 2, mtu: 1380 },
      { ...reading, peer: 'gone|', at: END - HOUR, latencyMs: null, mos: null },
    ],
    [END - 3 * HOUR, END - 2 * HOUR, END - HOUR],
    { maxGapMs: HOUR / 2, cutOffs: [], holdUntil: Infinity, priors: new Map() },
  );
  for (const row of rows) await insertHour(row);
  await insertSample(HUB, NOW - 6 * MINUTE, { up: false });
  await insertSample(HUB, NOW - MINUTE, { latency: 25 });
  await insertSample('new|', NOW - MINUTE, { up: false });
  await insertSample('silent|x', NOW - MINUTE, { up: null });
  await insertSample('other-port|', NOW - MINUTE, { port: 'ge-0/0/1' });
}, 60_000);
afterAll(() => fixture.close());

describe('peer paths of a circuit', () => {
  it('are told as of the newest poll and over the period', async () => {
    const { status, body } = await get(`${BASE}?from=2026-03-01T09:00:00Z`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      circuit: 'mac-alder:ge-0/0/0',
      from: '2026-03-01T09:00:00Z',
      to: '2026-03-01T12:00:00Z',
      newest_poll: { at: '2026-03-01T12:09:00Z', up: 1, total: 2, health_pct: 50 },
      next_cursor: null,
    });
    const items = body['items'] as Record<string, unknown>[];
    expect(items.map(({ id, peer_mac, peer_port, state }) => [id, peer_mac, peer_port, state])).toEqual([
      [HUB, '0200000000ff', 'ge-0/0/0', 'up'],
      ['gone|', 'gone', null, 'unknown'],
      ['new|', 'new', null, 'down'],
      ['silent|x', 'silent', 'x', 'unknown'],
    ]);
    expect(items[0]).toMatchObject({ active: true, latency_ms: 25, jitter_ms: null, mos: 4.25 });
    expect(items[0]?.['period']).toEqual({
      hours: 3,
      facts: 2,
      up_minutes: 90,
      down_minutes: 30,
      unknown_minutes: 60,
      health_pct: 75,
      coverage_pct: (120 / 180) * 100,
      flaps: 2,
      latency_ms: { avg: 110 / 3, max: 60, p95: null, count: 3 },
      jitter_ms: { avg: null, max: null, p95: null, count: 0 },
      loss_pct: { avg: null, max: null, p95: null, count: 0 },
      mos: { avg: 3, min: 2 },
      mtu: 1380,
    });
    expect(items[2]?.['period']).toMatchObject({ facts: 0, health_pct: null, coverage_pct: 0, flaps: null });
  });

  it('come page by page', async () => {
    const seen: unknown[] = [];
    let cursor: unknown = null;
    do {
      const { body } = await get(`${BASE}?limit=1${typeof cursor === 'string' ? `&cursor=${cursor}` : ''}`);
      seen.push(...(body['items'] as { id: string }[]).map(({ id }) => id));
      cursor = body['next_cursor'];
    } while (cursor !== null);
    expect(seen).toEqual([HUB, 'gone|', 'new|', 'silent|x']);
  });

  it('tell nothing about now when the newest poll is too old or the gateway is cut off', async () => {
    fixture.clock.set(NOW + 2 * HOUR);
    const nothing = { newest_poll: { at: null, up: 0, total: 0, health_pct: null } };
    expect((await get(BASE)).body).toMatchObject(nothing);
    fixture.clock.set(NOW);
    await fixture.db.query('update device set connected = false where id = $1', [place.device]);
    expect((await get(BASE)).body).toMatchObject(nothing);
    await fixture.db.query('update device set connected = true where id = $1', [place.device]);
  });
});

describe('a peer path over time', () => {
  const series = (peer: string, query: string) => get(`${BASE}/${encodeURIComponent(peer)}/series?${query}`);

  it('has a point for every bucket, gaps with nulls and their coverage', async () => {
    const { status, body } = await series(HUB, 'from=2026-03-01T09:00:00Z&to=2026-03-01T12:00:00Z&grain=hour');
    expect(status).toBe(200);
    expect(body).toMatchObject({ peer: HUB, grain: 'hour', timezone: 'UTC' });
    const points = body['points'] as Record<string, unknown>[];
    expect(
      points.map(({ start, facts, up_minutes, health_pct, coverage_pct, flaps, latency_ms }) => [
        start,
        facts,
        up_minutes,
        health_pct,
        coverage_pct,
        flaps,
        latency_ms,
      ]),
    ).toEqual([
      ['2026-03-01T09:00:00Z', 1, 30, 50, 100, 1, { avg: 10, max: 10, p95: 10, count: 1 }],
      ['2026-03-01T10:00:00Z', 0, 0, null, 0, null, { avg: null, max: null, p95: null, count: 0 }],
      ['2026-03-01T11:00:00Z', 1, 60, 100, 100, 1, { avg: 50, max: 60, p95: 59, count: 2 }],
    ]);
  });

  it('has days of the reporting zone, also where hours cross their borders', async () => {
    await fixture.db.query(`update org set reporting_timezone = 'Asia/Kolkata' where id = $1`, [place.org]);
    const { body } = await series(HUB, 'from=2026-02-27T18:30:00Z&to=2026-03-01T18:30:00Z&grain=day');
    await fixture.db.query(`update org set reporting_timezone = 'UTC' where id = $1`, [place.org]);
    expect(body['timezone']).toBe('Asia/Kolkata');
    expect(
      (body['points'] as Record<string, unknown>[]).map(({ start, hours, facts, up_minutes }) => [
        start,
        hours,
        facts,
        up_minutes,
      ]),
    ).toEqual([
      ['2026-02-27T18:30:00Z', 24, 0, 0],
      ['2026-02-28T18:30:00Z', 24, 2, 90],
    ]);
  });

  it('takes the id as it is', async () => {
    expect((await get(`${BASE}/0200000000ff%7Cge-0/0/0/series`)).status).toBe(200);
    expect((await get(`/v1/orgs/org-alder/circuits/${String(place.circuit)}/paths/0200000000ff%7Cge-0/0/0/series`)).status).toBe(
      200,
    );
  });

  it.each([
    [`${BASE}/nobody%7C/series`, 404, '/problems/not-found'],
    [`${BASE}/a%00b/series`, 400, '/problems/invalid-request'],
    ['/v1/orgs/org-alder/circuits/mac-birch:ge-0%2F0%2F0/paths', 404, '/problems/not-found'],
    [`${BASE}?from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z`, 400, '/problems/invalid-request'],
    [`${BASE}/gone%7C/series?from=2020-01-01T00:00:00Z&grain=hour`, 400, '/problems/too-many-points'],
  ])('refuses %s', async (url, status, type) => {
    const answer = await get(url);
    expect([answer.status, answer.body['type']]).toEqual([status, type]);
  });
});
