import { NOW, seedAlder, seedTagged, startApi, type ApiFixture } from '../api.fixture.js';

const CLOSED = 'from=2026-03-01T08:00:00Z&to=2026-03-01T12:00:00Z';
const DAY_BEFORE = 'from=2026-02-28T08:00:00Z&to=2026-02-28T12:00:00Z';
const CIRCUIT = '/circuits/020000000101:ge-0%2F0%2F0';

describe('answers about periods that are over', () => {
  let fixture: ApiFixture;
  let viewer: string;
  let stranger: string;

  beforeAll(async () => {
    fixture = await startApi();
    await seedAlder(fixture.db);
    await seedTagged(fixture.db, 'birch');
    viewer = await fixture.key('viewer', 'org-alder');
    stranger = await fixture.key('viewer', 'org-birch');
  });
  afterAll(() => fixture.close());
  beforeEach(() => fixture.clock.set(NOW));

  const get = (path: string, headers: Record<string, string> = {}, key = viewer) =>
    fixture.api.app.inject({ url: `/v1/orgs/org-alder${path}`, headers: { authorization: `Bearer ${key}`, ...headers } });
  const tagOf = async (path: string, headers: Record<string, string> = {}): Promise<string> => {
    const answer = await get(path, headers);
    expect([path, answer.statusCode, answer.headers['cache-control']]).toEqual([path, 200, 'private, no-cache']);
    return String(answer.headers.etag);
  };
  const statusWith = async (path: string, tag: string): Promise<number> => (await get(path, { 'if-none-match': tag })).statusCode;

  it.each([
    `${CIRCUIT}/series?${CLOSED}`,
    `/sites/site-alder/series?${CLOSED}`,
    `/regions/Region%20alder/series?${CLOSED}`,
    `/series?${CLOSED}`,
    `${CIRCUIT}/windows?end=2026-03-01T12:00:00Z`,
    `/rankings?by=utilization&${CLOSED}`,
    `/kpis?${CLOSED}`,
    `/availability?${DAY_BEFORE}`,
    `/sites/site-alder/availability?${CLOSED}`,
    `/failovers?${CLOSED}`,
    `/trends?end=2026-03-01T12:00:00Z`,
    `/trends?day=2026-02-27`,
    `/sites/site-alder/sle/coverage/series?${CLOSED}`,
    `/distribution?${CLOSED}`,
  ])('%s is not sent twice', async (path) => {
    const tag = await tagOf(path);
    const again = await get(path, { 'if-none-match': `"other", W/${tag}` });
    expect([again.statusCode, again.body, again.headers.etag, again.headers['cache-control']]).toEqual([
      304,
      '',
      tag,
      'private, no-cache',
    ]);
    expect(again.headers['content-type']).toBeUndefined();
  });

  it('is sent again when data come late, when a name changes, and in another form', async () => {
    const path = `${CIRCUIT}/series?${CLOSED}`;
    const tag = await tagOf(path);
    expect(await tagOf(path, { 'accept-encoding': 'gzip' })).not.toBe(tag);
    expect(await statusWith(`${path}&metrics=traffic`, tag)).toBe(200);
    await fixture.db.query(`update circuit_hour set rx_bytes = rx_bytes + 1 where hour = '2026-03-01T08:00:00Z'`);
    const late = await get(path, { 'if-none-match': tag });
    expect([late.statusCode, late.body.includes('33750000001')]).toEqual([200, true]);
    const named = await tagOf(path);
    await fixture.db.query(`update site set name = 'Renamed'`);
    expect(await statusWith(path, named)).toBe(200);
  });

  it('of whole local days has no tag before the last of them is over, and knows what came at its end', async () => {
    const today = `/availability?${CLOSED}`;
    expect((await get(today)).headers.etag).toBeUndefined();
    await fixture.db.query(`update org set reporting_timezone = 'America/Los_Angeles'`);
    const path = '/availability?from=2026-02-27T08:00:00Z&to=2026-02-28T12:00:00Z';
    fixture.clock.set(Date.UTC(2026, 2, 1, 7, 59));
    expect((await get(path)).headers.etag).toBeUndefined();
    fixture.clock.set(Date.UTC(2026, 2, 1, 8));
    const tag = await tagOf(path);
    expect(await statusWith(path, tag)).toBe(304);
    await fixture.db.query(
      `update circuit_hour set covered_ms = covered_ms - 1 where hour = (select min(hour) from circuit_hour where hour >= '2026-03-01T00:00:00Z')`,
    );
    expect(await statusWith(path, tag)).toBe(200);
    await fixture.db.query(`update org set reporting_timezone = 'UTC'`);
  });

  it('has no tag while the period goes on, when its end is not named, or when it is refused', async () => {
    for (const query of ['', '?to=2026-03-01T12:30:00Z', '?window=24h']) {
      const answer = await get(`${CIRCUIT}/series${query}`);
      expect([answer.statusCode, answer.headers.etag, answer.headers['cache-control']]).toEqual([200, undefined, 'no-store']);
    }
    const refused = await get(`${CIRCUIT}/series?${CLOSED}&grain=second`);
    expect([refused.statusCode, refused.headers.etag, refused.headers['cache-control']]).toEqual([400, undefined, 'no-store']);
  });

  it('is told afresh while a failover of it goes on, because that lasts longer by itself', async () => {
    const path = `/failovers?${CLOSED}`;
    const tag = await tagOf(path);
    await fixture.db.query(
      `insert into failover (org_id, site_id, primary_id, backup_id, started_at, decided_at, trigger, why)
       select org_id, site_id, min(id), max(id), '2026-03-01T09:00:00Z', '2026-03-01T09:00:00Z', 'event', 'down' from circuit where mac = '020000000101' group by 1, 2`,
    );
    const answer = await get(path, { 'if-none-match': tag });
    expect([answer.statusCode, answer.headers.etag]).toEqual([200, undefined]);
  });

  it('tells a stranger with the right tag nothing', async () => {
    const path = `${CIRCUIT}/series?${CLOSED}`;
    const tag = await tagOf(path);
    expect((await get(path, { 'if-none-match': tag }, stranger)).statusCode).toBe(404);
    expect((await get(path, { 'if-none-match': tag, authorization: '' })).statusCode).toBe(401);
  });
});
