import { NOW, seedAlder, startApi, type ApiFixture } from './api.fixture.js';

const json = (text: string): Record<string, never> => JSON.parse(text) as Record<string, never>;

describe('lists, reports and actions of the API', () => {
  let fixture: ApiFixture;
  let viewer: string;
  let operator: string;
  let alertId: number;

  beforeAll(async () => {
    fixture = await startApi();
    alertId = await seedAlder(fixture.db);
    viewer = await fixture.key('viewer', 'org-alder');
    operator = await fixture.key('operator', 'org-alder');
  });
  afterAll(() => fixture.close());

  const get = async (path: string) => {
    const answer = await fixture.call(viewer, 'GET', `/v1/orgs/org-alder${path}`);
    expect(answer.status).toBe(200);
    return JSON.parse(answer.body) as never;
  };

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

  it('stores good attribute rows and tells each bad one where only part is wanted', async () => {
    const rows = [
      { mac: '020000000101', port_id: 'ge-0/0/0', bandwidth_down_mbps: 200, provider: 'Example Telecom' },
      { mac: '020000000101', role: 'boss' },
      { mac: 'aa', port_id: 'x' },
      7,
    ];
    const answer = await fixture.call(operator, 'PUT', '/v1/orgs/org-alder/circuits/attributes', { rows, partial: true });
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
    await fixture.call(viewer, 'GET', '/v1/orgs');
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
