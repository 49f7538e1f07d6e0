import { seedAlder, startApi, type ApiFixture } from './api.fixture.js';

const json = (text: string): Record<string, never> => JSON.parse(text) as Record<string, never>;

describe('the API', () => {
  let fixture: ApiFixture;
  let viewer: string;

  beforeAll(async () => {
    fixture = await startApi();
    await seedAlder(fixture.db);
    viewer = await fixture.key('viewer', 'org-alder');
  });
  afterAll(() => fixture.close());

  const get = async (path: string) => {
    const answer = await fixture.call(viewer, 'GET', `/v1/orgs/org-alder${path}`);
    expect(answer.status).toBe(200);
    return JSON.parse(answer.body) as never;
  };

  it('refuses a call without a key, with a wrong one, and with an altered secret', async () => {
    for (const key of [null, 'mw_nonsense', `${viewer.slice(0, -1)}${viewer.endsWith('A') ? 'B' : 'A'}`]) {
      const answer = await fixture.call(key, 'GET', '/v1/orgs');
      expect(answer.status).toBe(401);
      expect(answer.type).toContain('application/problem+json');
      expect(json(answer.body)).toMatchObject({ type: '/problems/unauthorized', status: 401 });
    }
  });

  it('lists the organizations of the key', async () => {
    const answer = await fixture.call(viewer, 'GET', '/v1/orgs');
    expect(json(answer.body)).toEqual({
      items: [{ id: 'org-alder', key: 1, name: 'Org alder', reporting_timezone: 'UTC', sites: 1, circuits: 2 }],
      next_cursor: null,
    });
  });

  it('judges the site: one circuit critical, one down, coverage major', async () => {
    const site: {
      status: string;
      parts: object;
      circuits_down: number;
      circuit_list: { id: string; severity: string; why: string[] }[];
    } = await get('/sites/site-alder');
    expect(site).toMatchObject({
      status: 'CRITICAL',
      parts: { wifi: 'UNHEALTHY', wan_sle: 'UNKNOWN', wan: 'CRITICAL' },
      circuits_down: 1,
    });
    expect(site.circuit_list.map(({ severity, why }) => ({ severity, why }))).toEqual([
      { severity: 'critical', why: ['utilization'] },
      { severity: 'major', why: ['state'] },
    ]);
  });

  it('filters and pages sites and circuits', async () => {
    const first: { items: { id: string }[]; next_cursor: string } = await get('/circuits?limit=1');
    expect(first.items.map(({ id }) => id)).toEqual(['020000000101:ge-0/0/0']);
    const second: { items: { id: string }[]; next_cursor: null } = await get(`/circuits?limit=1&cursor=${first.next_cursor}`);
    expect(second).toMatchObject({ items: [{ id: '020000000101:ge-0/0/1' }], next_cursor: null });
    expect(await get('/circuits?state=down')).toMatchObject({ items: [{ id: '020000000101:ge-0/0/1' }] });
    expect(await get('/sites?q=SITE%20ALD&region=Region%20alder&status=CRITICAL')).toMatchObject({
      items: [{ id: 'site-alder' }],
    });
    expect(await get('/sites?status=HEALTHY')).toEqual({ items: [], next_cursor: null });
  });

  it('shows only the fields asked for, and refuses one that is none', async () => {
    expect(await get('/circuits?limit=1&fields=id,bandwidth.source')).toEqual({
      items: [{ id: '020000000101:ge-0/0/0', bandwidth: { source: 'configured' } }],
      next_cursor: expect.any(String) as string,
    });
    const series = 'series?from=2026-03-01T08:00:00Z&to=2026-03-01T09:00:00Z';
    expect(await get(`/circuits/020000000101:ge-0/0/0/${series}&fields=grain,points.rx_bytes`)).toEqual({
      grain: 'hour',
      points: [{ rx_bytes: 33.75e9 }],
    });
    for (const fields of ['idd', 'bandwidth.speed', '', 'id&fields=name']) {
      const answer = await fixture.call(viewer, 'GET', `/v1/orgs/org-alder/circuits?fields=${fields}`);
      expect([answer.status, json(answer.body)]).toMatchObject([400, { errors: [{ field: 'fields' }] }]);
    }
  });

  it('gives an hourly series with its gap as nulls', async () => {
    const { points, grain }: { grain: string; points: object[] } = await get(
      '/circuits/020000000101%3Age-0%2F0%2F0/series?from=2026-03-01T08:00:00Z&to=2026-03-01T12:00:00Z',
    );
    expect(grain).toBe('hour');
    expect(points).toHaveLength(4);
    expect(points[0]).toMatchObject({
      start: '2026-03-01T08:00:00Z',
      end: '2026-03-01T09:00:00Z',
      facts: 1,
      covered_s: 3600,
      rx_bytes: 33.75e9,
      utilization_pct: { avg: 75, max: 75 },
      latency_ms: { avg: 20, p95: 38, count: 12 },
    });
    expect(points[1]).toMatchObject({
      facts: 0,
      rx_bytes: null,
      utilization_pct: { avg: null },
      unknown_minutes: 60,
      availability_pct: null,
      coverage_pct: 0,
      status_hourly: 'unknown',
    });
    expect(points[2]).toMatchObject({
      up_minutes: 30,
      down_minutes: 30,
      availability_pct: 50,
      coverage_pct: 100,
      flaps: 2,
      status_hourly: 'up',
    });
  });

  it('folds the same hours into a day and into windows', async () => {
    const path = '/circuits/020000000101:ge-0/0/0';
    const { points, thresholds }: { points: object[]; thresholds: Record<string, number[]> } = await get(
      `${path}/series?from=2026-03-01T08:00:00Z&to=2026-03-01T12:00:00Z&grain=day&above=utilization:78`,
    );
    const { windows }: { windows: object[] } = await get(
      `${path}/windows?end=2026-03-01T12:10:00Z&hours=4,3&above=utilization:78`,
    );
    const expected = {
      start: '2026-03-01T08:00:00Z',
      end: '2026-03-01T12:00:00Z',
      hours: 4,
      facts: 3,
      covered_s: 10_800,
      rx_bytes: 112.5e9,
      // (75 + 80 + 95) / 3; percentile_cont(0.95) of 75, 80, 95 = 80 + 0.9 x 15.
      utilization_pct: { avg: 250 / 3, max: 95, p95: 93.5, peak: 95, hours: 3 },
      up_minutes: 150,
      down_minutes: 30,
      unknown_minutes: 60,
      known_minutes: 180,
      coverage_pct: 75,
      flaps: 2,
      // (12 x 20 + 6 x 50) / 18
      latency_ms: { avg: 30, max: 90, p95: null, count: 18 },
    };
    for (const point of [points[0], windows[0]]) {
      expect(point).toMatchObject({ ...expected, utilization_pct: { max: 95, hours: 3, peak: 95 } });
      const {
        utilization_pct: u,
        availability_pct,
        above,
      } = point as { utilization_pct: { avg: number; p95: number }; availability_pct: number; above: Record<string, object> };
      expect(u.avg).toBeCloseTo(250 / 3, 9);
      expect(u.p95).toBeCloseTo(93.5, 9);
      expect(availability_pct).toBeCloseTo((150 / 180) * 100, 9);
      // At or above 70, 80, 90 and the 78 asked for.
      expect(above.utilization).toEqual({ cumulative_hours: [3, 2, 1, 2], continuous_hours: [2, 2, 1, 2] });
      expect(above.latency).toEqual({ cumulative_hours: [1, 0, 0], continuous_hours: [1, 0, 0] });
    }
    expect(thresholds.utilization).toEqual([70, 80, 90, 78]);
    expect(windows[1]).toMatchObject({ start: '2026-03-01T09:00:00Z', facts: 2 });
  });

  it('finds circuits whose ids hold colons, and refuses an id that names two', async () => {
    await fixture.db.query(
      `insert into circuit (org_id, mac, port_id, site_id) select s.org_id, u.mac, u.port, s.id from site s,
         unnest(array['02:00:00:00:01:09', 'a:b', 'a'], array['ge-0/0/0', 'c', 'b:c']) as u (mac, port) where s.external_id = 'site-alder'`,
    );
    expect(await get('/circuits/02:00:00:00:01:09:ge-0%2F0%2F0')).toMatchObject({ id: '02:00:00:00:01:09:ge-0/0/0' });
    expect((await fixture.call(viewer, 'GET', '/v1/orgs/org-alder/circuits/a:b:c')).status).toBe(409);
    await fixture.db.query(`delete from circuit where mac in ('02:00:00:00:01:09', 'a:b', 'a')`);
  });

  it('takes an end after the last year', async () => {
    expect(await get('/circuits/020000000101:ge-0/0/0/series?to=2101-01-01T00:00:00Z')).toMatchObject({
      to: '2101-01-01T00:00:00Z',
    });
  });

  it.each(['series', 'availability', 'outages'])('names every wrong field of %s at once', async (route) => {
    const url = `/v1/orgs/org-alder/circuits/020000000101:ge-0/0/0/${route}?from=yesterday&to=2026-02-30T00:00:00&grane=day`;
    const { status, body } = await fixture.call(viewer, 'GET', url);
    const errors = (JSON.parse(body) as { errors: { field: string; message: string }[] }).errors;
    expect([status, errors.map(({ field }) => field).sort()]).toEqual([400, ['from', 'grane', 'to']]);
    expect(errors.find(({ field }) => field === 'to')?.message).toBe('to must be a time such as 2026-03-01T00:00:00Z');
  });

  it('takes the numeric key of a circuit, and chosen metrics', async () => {
    const { key }: { key: number } = await get('/circuits/020000000101:ge-0/0/0');
    const series: { circuit: string; points: object[] } = await get(
      `/circuits/${String(key)}/series?window=3h&metrics=utilization`,
    );
    expect(series.circuit).toBe('020000000101:ge-0/0/0');
    expect(Object.keys(series.points[0] ?? {})).toEqual(['start', 'end', 'hours', 'facts', 'utilization_pct', 'bandwidth']);
  });

  it('chooses the grain, and refuses more than 750 points', async () => {
    const path = '/v1/orgs/org-alder/circuits/020000000101:ge-0/0/0/series?to=2026-03-01T00:00:00Z';
    expect(json((await fixture.call(viewer, 'GET', `${path}&from=2025-02-01T00:00:00Z&metrics=status`)).body)).toMatchObject({
      grain: 'day',
    });
    const refused = await fixture.call(viewer, 'GET', `${path}&from=2026-01-01T00:00:00Z&grain=hour`);
    expect(json(refused.body)).toMatchObject({ type: '/problems/too-many-points', status: 400 });
  });
});
