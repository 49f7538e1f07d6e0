import { NOW, seedTagged, startApi, taggedSite, type ApiFixture } from './api.fixture.js';

const json = (text: string): Record<string, never> => JSON.parse(text) as Record<string, never>;

describe('the API', () => {
  let fixture: ApiFixture;
  let viewer: string;
  let operator: string;
  let alertId: number;

  beforeAll(async () => {
    fixture = await startApi();
    const circuit = { mac: '020000000101', portId: 'ge-0/0/0', name: 'main', state: 'up' as const };
    // 100 Mbps carry 45e9 bytes an hour: 33.75e9 are 75 %, 36e9 are 80 %, 42.75e9 are 95 %.
    const hours = [
      { rxBytes: 33.75e9, utilizationPct: 75, latency: { count: 12, avg: 20, max: 40, p95: 38 } },
      null,
      {
        rxBytes: 36e9,
        utilizationPct: 80,
        upMinutes: 30,
        downMinutes: 30,
        flaps: 2,
        latency: { count: 6, avg: 50, max: 90, p95: 88 },
      },
      { rxBytes: 42.75e9, utilizationPct: 95 },
    ];
    const site = {
      ...taggedSite('alder'),
      circuits: [
        { ...circuit, hours },
        { ...circuit, portId: 'ge-0/0/1', name: 'spare', state: 'down' as const },
      ],
    };
    ({ alertId } = await seedTagged(fixture.db, 'alder', [site]));
    viewer = await fixture.key('viewer', 'org-alder');
    operator = await fixture.key('operator', 'org-alder');
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

  it('lists outages, insights, alarms with counts, and the collection', async () => {
    expect(await get('/circuits/020000000101:ge-0/0/1/outages')).toMatchObject({
      items: [{ state: 'down', start: '2026-03-01T10:10:00Z', end: '2026-03-01T12:10:00Z', duration_s: 7200 }],
    });
    expect(await get('/insights?severity=major')).toMatchObject({
      items: [{ site_id: 'site-alder', metric: 'coverage', score: 0.75 }],
    });
    await fixture.db.query(
      `insert into sle_detail (org_id, site_id, metric, at, window_from, window_to, score, classifiers)
       select org_id, id, 'coverage', $1, $1::timestamptz - interval '1 hour', $1, 0.75, $2 from site`,
      [
        new Date(NOW),
        JSON.stringify([{ name: 'weak-signal', title: 'Weak Signal', degradedPct: 24.5, causePct: 98, numUsers: 7, numAps: 2 }]),
      ],
    );
    expect(await get('/insights')).toMatchObject({
      items: [{ classifiers: [{ title: 'Weak Signal', degraded_pct: 24.5, num_users: 7, num_aps: 2 }] }],
    });
    expect((await fixture.call(viewer, 'GET', '/v1/orgs/org-alder/reports/summary')).body).toContain('Causes: Weak Signal 24.5%');
    expect(await get('/sites/site-alder/insights')).toMatchObject({ items: [{ metric: 'coverage' }] });
    expect(await get('/alarms')).toMatchObject({
      items: [{ id: 'alarm-alder' }],
      by_severity: { critical: 1 },
      by_type: { gateway_down: 1 },
    });
    expect(await get('/collection')).toMatchObject({ polls: [{ kind: 'wan-ports', failures: 0 }], calls_this_hour: 0 });
  });

  it('says how old the data is and why, when polls fail', async () => {
    await fixture.db.query(`update poll_state set failure_code = 'MIST_UNAUTHORIZED', failures = 3, failed_at = $1`, [
      new Date(NOW),
    ]);
    fixture.clock.advance(3 * 3_600_000);
    expect(await get('/health')).toMatchObject({
      status: 'UNKNOWN',
      data_age_s: 10_800,
      stale_reason: 'unauthorized',
      sites: [{ status: 'UNKNOWN', stale_reason: 'unauthorized' }],
    });
    const report = await fixture.call(viewer, 'GET', '/v1/orgs/org-alder/reports/summary');
    expect(report.body).toContain('OVERALL HEALTH: UNKNOWN (data 3 h 0 min old: unauthorized)');
    fixture.clock.set(NOW);
    await fixture.db.query('update poll_state set failure_code = null, failures = 0');
  });

  it('serves the reports as text and JSON', async () => {
    const summary = await fixture.call(viewer, 'GET', '/v1/orgs/org-alder/reports/summary');
    expect(summary.type).toContain('text/plain');
    expect(summary.headers['content-disposition']).toContain('SUMMARY_REPORT_20260301T121000Z.txt');
    expect(summary.body).toContain('URGENT - Immediate action required');
    expect(Math.max(...summary.body.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(70);
    const dashboard = await fixture.call(viewer, 'GET', '/v1/orgs/org-alder/reports/dashboard');
    expect(json(dashboard.body)).toMatchObject({
      overall_status: 'CRITICAL',
      totals: { sites: 1, circuits_down: 1, open_alerts: 1 },
    });
    expect((await fixture.call(viewer, 'GET', '/v1/orgs/org-alder/reports/dashboard?format=text')).body).toContain(
      'HEALTH DASHBOARD',
    );
  });

  it('lets an operator take an alert once, and tells the notifier', async () => {
    const path = `/v1/orgs/org-alder/alerts/${String(alertId)}`;
    expect((await fixture.call(viewer, 'POST', `${path}/ack`, {})).status).toBe(403);
    for (let i = 0; i < 2; i++) {
      const answer = await fixture.call(operator, 'POST', `${path}/ack`, { note: 'Carrier informed' });
      expect(answer.status).toBe(200);
      expect(json(answer.body)).toMatchObject({
        status: 'acknowledged',
        changes: [{ seq: 1 }, { seq: 2, reason: 'acknowledged', data: { note: 'Carrier informed' } }],
      });
    }
    expect(await fixture.db.query('select seq from outbox where alert_id = $1', [alertId])).toEqual([{ seq: 2 }]);
  });

  it('stores good attribute rows and tells each bad one', async () => {
    const rows = [
      { mac: '020000000101', port_id: 'ge-0/0/0', bandwidth_down_mbps: 200, provider: 'Example Telecom' },
      { mac: '020000000101', role: 'boss' },
      { mac: 'aa', port_id: 'x' },
      7,
    ];
    const answer = await fixture.call(operator, 'PUT', '/v1/orgs/org-alder/circuits/attributes', { rows });
    const { stored, errors } = JSON.parse(answer.body) as {
      stored: number;
      errors: { row: number; errors: { field: string }[] }[];
    };
    expect(stored).toBe(1);
    expect(errors.map(({ row, errors: faults }) => [row, faults.map(({ field }) => field)])).toEqual([
      [1, ['port_id', 'role']],
      [2, ['mac']],
      [3, ['']],
    ]);
    expect(await get('/circuits/020000000101:ge-0/0/0')).toMatchObject({
      provider: 'Example Telecom',
      name: 'main',
      bandwidth: { down_mbps: 200, up_mbps: 200 },
    });
    // The analyzer is told, and would find it also without being told.
    expect(await fixture.db.query('select port_id from circuit where rederive_due')).toEqual([{ port_id: 'ge-0/0/0' }]);
    expect((await fixture.call(null, 'GET', '/metrics')).body).toMatch(/mistwatch_queue_depth\{[^}]*queue="analyze"[^}]*\} 1/);
  });

  it('queues a collection for an operator', async () => {
    const answer = await fixture.call(operator, 'POST', '/v1/orgs/org-alder/collection/run', { kinds: ['wan-ports'] });
    expect([answer.status, json(answer.body)]).toEqual([202, { queued: ['wan-ports'] }]);
    expect((await fixture.call(viewer, 'POST', '/v1/orgs/org-alder/collection/run', {})).status).toBe(403);
  });

  it('is alive, ready, measured and documented', async () => {
    expect((await fixture.call(null, 'GET', '/health/live')).status).toBe(200);
    expect(json((await fixture.call(null, 'GET', '/health/ready')).body)).toMatchObject({ status: 'ok' });
    const metrics = await fixture.call(null, 'GET', '/metrics');
    expect(metrics.body).toMatch(/mistwatch_http_request_seconds_count\{[^}]*route="\/v1\/orgs"/);
    expect(metrics.body).toMatch(/mistwatch_facts_lag_seconds\{[^}]*org_key="1"[^}]*\} 600/);
    expect(metrics.body).not.toContain('alder');
    expect(metrics.body).toMatch(/mistwatch_queue_depth\{[^}]*queue="collect"[^}]*\} 1/);
    expect((await fixture.call(null, 'GET', '/docs')).body).toContain('swagger');
    expect((await fixture.call(null, 'GET', '/')).body).toContain('/docs');
    expect((await fixture.call(null, 'GET', '/problems/not-found')).body).toContain('<h1>');
    const document = await fixture.call(null, 'GET', '/openapi.json');
    expect(json(document.body)).toMatchObject({ openapi: '3.1.0' });
    const { paths } = JSON.parse(document.body) as {
      paths: Record<
        string,
        Record<
          string,
          {
            summary?: string;
            parameters?: { name: string; in: string }[];
            responses: Record<string, { content?: Record<string, { example?: unknown }> }>;
          }
        >
      >;
    };
    for (const [path, item] of Object.entries(paths)) {
      for (const [method, { summary, parameters = [], responses }] of Object.entries(item)) {
        expect([path, parameters.filter((each) => each.in === 'path').map(({ name }) => name)]).toEqual([
          path,
          [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
        ]);
        const good = Object.entries(responses).find(([status]) => status.startsWith('2'));
        const examples = Object.values(good?.[1].content ?? {}).map(({ example }) => example);
        expect([method, path, summary, good?.[0] === '204' || examples.some((example) => example !== undefined)]).toEqual([
          method,
          path,
          expect.any(String),
          true,
        ]);
      }
    }
  });
});
