import { NOW, seedTagged, startApi, taggedSite, type ApiFixture } from '../api.fixture.js';

const HOUR = 3_600_000;
const iso = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

let fixture: ApiFixture;
let viewer: string;
let orgId: number;

const get = async (path: string, status = 200): Promise<never> => {
  const answer = await fixture.call(viewer, 'GET', `/v1/orgs/org-alder${path}`);
  if (answer.status !== status) throw new Error(`${path}: ${String(answer.status)} ${answer.body}`);
  return JSON.parse(answer.body) as never;
};

beforeAll(async () => {
  fixture = await startApi();
  ({ orgId } = await seedTagged(fixture.db, 'alder', [taggedSite('alder'), { ...taggedSite('birch'), circuits: [] }]));
  viewer = await fixture.key('viewer', 'org-alder');
}, 60_000);
afterAll(() => fixture.close());

describe('devices and reachability', () => {
  beforeAll(async () => {
    await fixture.db.query(
      `with second as (insert into device (org_id, site_id, mac, type, model, connected) select org_id, site_id, 'gw-second', 'gateway', 'SRX320', false
         from device where org_id = $1 and mac = 'gw-alder' returning id, site_id)
       insert into gateway_state (org_id, device_id, site_id, from_at, to_at, connected)
       select $1, id, site_id, $2::timestamptz, $3::timestamptz, false from second`,
      [orgId, new Date(NOW - 5 * HOUR), new Date(NOW - 5 * 60_000)],
    );
  });

  it('lists devices by type, state, model and page', async () => {
    const { items, next_cursor: cursor }: { items: object[]; next_cursor: string } = await get('/devices?type=gateway&limit=1');
    expect(items).toMatchObject([
      { mac: 'gw-alder', name: 'Gateway alder', connected: true, connected_since: iso(NOW), site_id: 'site-alder' },
    ]);
    expect(await get(`/devices?type=gateway&limit=1&cursor=${cursor}`)).toMatchObject({
      items: [{ mac: 'gw-second' }],
      next_cursor: null,
    });
    expect(await get('/devices?connected=false&model=SRX320&site=site-alder&q=SECOND')).toMatchObject({
      items: [{ mac: 'gw-second' }],
    });
    expect(await get('/devices?version=1')).toMatchObject({ items: [] });
  });

  it('tells when a gateway was connected; the last reading holds for an hour at most', async () => {
    fixture.clock.set(NOW + 30 * 60_000);
    expect(await get('/devices/gw-alder/states')).toEqual({
      items: [{ state: 'connected', start: iso(NOW - HOUR), end: iso(NOW + 30 * 60_000), duration_s: 5400 }],
      next_cursor: null,
    });
    fixture.clock.set(NOW);
    await get('/devices/none/states', 404);
  });

  it('counts a site as down while all its known gateways were disconnected', async () => {
    const from = NOW - 6 * HOUR;
    const answer: { total: object; points: object[]; outages: object[] } = await get(
      `/sites/site-alder/reachability?from=${iso(from)}&to=${iso(NOW)}&grain=hour`,
    );
    // Nothing is known in the first hour; then the second gateway alone, lost, for four; then the first one is there.
    expect(answer.total).toEqual({
      up_minutes: 60,
      down_minutes: 240,
      unknown_minutes: 60,
      reachability_pct: 20,
      coverage_pct: (300 / 360) * 100,
    });
    expect(answer.outages).toEqual([{ start: iso(NOW - 5 * HOUR), end: iso(NOW - HOUR), duration_s: 14_400 }]);
    expect(answer.points).toHaveLength(7);
    expect(answer.points[1]).toMatchObject({ down_minutes: 50, unknown_minutes: 10 });
    expect(await get('/sites/site-birch/reachability')).toMatchObject({
      total: { reachability_pct: null, unknown_minutes: 1440 },
    });
  });
});
