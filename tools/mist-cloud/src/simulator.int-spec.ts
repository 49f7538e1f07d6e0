import {
  call,
  circuit,
  type Envelope,
  get,
  HOUR,
  orgOf,
  orgPath,
  type Row,
  START,
  start,
  stopAll,
  wanRow,
} from './spec/harness.js';

afterEach(stopAll);

describe('determinism', () => {
  const paths = [
    '/sites',
    '/stats/ports/search',
    '/stats/vpn_peers/search',
    '/insights/sites-sle?sle=wifi',
    '/devices/events/search',
  ];

  it('answers alike for one seed and otherwise for another', async () => {
    const [first, second, other] = await Promise.all([start({ seed: 7 }), start({ seed: 7 }), start({ seed: 8 })]);
    for (const path of paths) {
      const texts = await Promise.all([first, second].map(async (cloud) => (await call(cloud, orgPath(cloud, path))).text()));
      expect(texts[0]).toBe(texts[1]);
    }
    expect(orgOf(first).id).not.toBe(orgOf(other).id);
  });

  it('does not count what was asked: a counter depends on the time alone', async () => {
    const [often, once_] = await Promise.all([start(), start()]);
    const { mac, portId } = circuit(often, 0);
    for (let poll = 0; poll < 6; poll += 1) {
      await wanRow(often, mac, portId);
      often.clock.advance(HOUR / 6);
    }
    once_.clock.advance(HOUR);
    expect(await wanRow(often, mac, portId)).toEqual(await wanRow(once_, mac, portId));
  });
});

describe('paging', () => {
  it('walks arrays by the totals in the headers', async () => {
    const cloud = await start({ sitesPerOrg: 23 });
    const first = await call(cloud, orgPath(cloud, '/sites?limit=10'));
    expect([first.headers.get('x-page-total'), first.headers.get('x-page-limit'), first.headers.get('x-page-page')]).toEqual([
      '23',
      '10',
      '1',
    ]);
    const pages = await Promise.all(
      [1, 2, 3, 4].map((page) => get<Row[]>(cloud, orgPath(cloud, `/sites?limit=10&page=${page}`))),
    );
    expect(pages.map((rows) => rows.length)).toEqual([10, 10, 3, 0]);
    expect(new Set(pages.flat().map((row) => row['id'])).size).toBe(23);
  });

  it('walks searches by `next` until there is none', async () => {
    const cloud = await start({ sitesPerOrg: 23 });
    let path: string | undefined = orgPath(cloud, '/stats/ports/search?limit=20');
    const keys: string[] = [];
    while (path !== undefined) {
      const page: Envelope = await get<Envelope>(cloud, path);
      expect(page.total).toBe(23 * 4);
      keys.push(...page.results.map((row) => `${String(row['mac'])} ${String(row['port_id'])}`));
      path = page.next;
    }
    expect(keys).toHaveLength(92);
    expect(new Set(keys).size).toBe(92);
  });

  it('walks service levels by page and total', async () => {
    const cloud = await start({ sitesPerOrg: 23 });
    const pages = await Promise.all(
      [1, 2, 3].map((page) => get<Envelope>(cloud, orgPath(cloud, `/insights/sites-sle?sle=wan&limit=10&page=${page}`))),
    );
    expect(pages.map((page) => page.results.length)).toEqual([10, 10, 3]);
    expect(pages.map((page) => page.total)).toEqual([23, 23, 23]);
  });

  it('gives at most a thousand rows and a hundred by default', async () => {
    const cloud = await start({ sitesPerOrg: 1100, apsPerSite: 0 });
    expect(await get<Row[]>(cloud, orgPath(cloud, '/sites?limit=5000'))).toHaveLength(1000);
    expect(await get<Row[]>(cloud, orgPath(cloud, '/sites'))).toHaveLength(100);
  });
});

describe('access', () => {
  it('tells an unknown token, another organisation and an unknown site apart', async () => {
    const cloud = await start({ orgs: 2 });
    const other = cloud.orgs[1]?.id ?? '';
    const unknown = await call(cloud, orgPath(cloud, ''), { headers: { authorization: 'Token nobody' } });
    expect(unknown.status).toBe(401);
    expect((await call(cloud, `/api/v1/orgs/${other}`)).status).toBe(403);
    expect((await call(cloud, '/api/v1/sites/00000000-0000-4000-8000-000000000000')).status).toBe(404);
  });

  it('allows so many calls per clock hour and starts anew at the top of the hour', async () => {
    const cloud = await start({ requestsPerHour: 3, startAt: START + 59 * 60_000 });
    const statuses = [];
    for (let index = 0; index < 4; index += 1) statuses.push((await call(cloud, '/api/v1/self')).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    cloud.clock.advance(60_000);
    expect((await call(cloud, '/api/v1/self')).status).toBe(200);
    expect(await get<Row>(cloud, '/api/v1/self/usage')).toEqual({ requests: 2, request_limit: 3, seconds: 3600 });
  });
});

describe('requests', () => {
  it('are kept with time, token, path and status', async () => {
    const cloud = await start();
    await get(cloud, orgPath(cloud, '/sites?limit=3'));
    expect(cloud.requests.all()).toMatchObject([
      { at: START, token: 'token-1', method: 'GET', path: orgPath(cloud, '/sites'), query: { limit: '3' }, status: 200 },
    ]);
    expect(cloud.requests.count(/\/sites$/, 'token-1')).toBe(1);
  });
});
