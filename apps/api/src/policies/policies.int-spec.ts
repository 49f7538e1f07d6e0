import { NOW, seedTagged, startApi, type ApiFixture } from '../api.fixture.js';

const YAML = `
email: { smtpUrl: 'smtp://user:mail-password@127.0.0.1:2525', from: mistwatch@example.com, to: [noc@example.com] }
channels:
  - { id: hook, type: webhook, url: 'https://hooks.example.com/T0/secret-path', secret: whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0 }
  - { id: tickets, type: jira, baseUrl: 'https://jira.example.com', email: bot@example.com, token: jira-token, projectKey: NET }
people: { sam: ['email:sam@example.com'], robin: ['email:robin@example.com'] }
rotas:
  - { id: night, timezone: Europe/Berlin, from: '2026-02-23T09:00', turnDays: 7, members: [sam, robin] }
policies:
  - { id: foreign, match: { orgs: [org-birch] }, steps: [{ to: [email] }] }
  - { id: ours, match: { orgs: [org-alder, org-birch], severities: [major] }, steps: [{ to: ['rota:night'], repeatMinutes: 30, repeats: 2 }], ackTimeoutMinutes: 60 }
rules:
  - { id: congestion, badCount: 3, runbookUrl: 'https://wiki.example.com/congestion' }
  - { id: congestion, match: { regions: [North] }, enabled: false }
  - { id: slow, name: Slow lines, metric: latency, threshold: 200, match: { orgs: [org-birch] } }
`;

type Json = Readonly<Record<string, unknown>>;

describe('what the configuration says about alerts', () => {
  let fixture: ApiFixture;
  let operator: string;
  beforeAll(async () => {
    fixture = await startApi({ yaml: YAML });
    await seedTagged(fixture.db, 'alder');
    await seedTagged(fixture.db, 'birch');
    operator = await fixture.key('operator', 'org-alder');
  });
  beforeEach(async () => {
    fixture.clock.set(NOW);
    await fixture.db.query('truncate rota_override');
  });
  afterAll(() => fixture.close());

  const call = async (method: 'GET' | 'POST' | 'DELETE', rest: string, body?: unknown) => {
    const answer = await fixture.call(operator, method, `/v1/orgs/org-alder${rest}`, body);
    return { status: answer.status, body: answer.body, json: JSON.parse(answer.body) as Json & { items?: Json[] } };
  };

  it('shows the policies that may concern the organization, the default last', async () => {
    const { json } = await call('GET', '/policies');
    expect(json.items).toMatchObject([
      {
        id: 'ours',
        match: { orgs: ['org-alder'], severities: ['major'] },
        steps: [{ after_minutes: 0, to: ['rota:night'], repeat_minutes: 30, repeats: 2 }],
        ack_timeout_minutes: 60,
        working_hours: null,
        digest: null,
      },
      { id: 'default', match: {} },
    ]);
  });

  it('shows rules as they hold, and where they differ', async () => {
    const items = (await call('GET', '/rules')).json.items ?? [];
    expect(items.find(({ id }) => id === 'congestion')).toMatchObject({
      built_in: true,
      enabled: true,
      bad_count: 3,
      runbook_url: 'https://wiki.example.com/congestion',
      scopes: [{ match: { regions: ['North'] }, enabled: false }],
    });
    expect(items.map(({ id }) => id)).not.toContain('custom:slow');
  });

  it('shows channels without what is secret', async () => {
    const { body, json } = await call('GET', '/channels');
    expect(json.items).toEqual([
      { id: 'email', type: 'email', targets: ['noc@example.com'] },
      { id: 'hook', type: 'webhook', targets: ['hooks.example.com'] },
      { id: 'tickets', type: 'jira', targets: ['NET'] },
    ]);
    expect(body).not.toMatch(/secret-path|whsec|mail-password|jira-token/);
  });

  it('asks the notifier for a test message, as an admin only', async () => {
    const admin = await fixture.key('admin', 'org-alder');
    const url = '/v1/orgs/org-alder/channels/hook';
    expect((await call('POST', '/channels/hook/test')).status).toBe(403);
    const asked = await fixture.call(admin, 'POST', `${url}/test`);
    const { id } = JSON.parse(asked.body) as { id: number };
    expect(JSON.parse(asked.body)).toMatchObject({ channel: 'hook', status: 'asked', done_at: null, destinations: [] });
    const outcome = [{ destination: 'hook:hooks.example.com', failure: null }];
    await fixture.db.query('update channel_test set done_at = $2, outcome = $3 where id = $1', [
      id,
      new Date(NOW),
      JSON.stringify(outcome),
    ]);
    expect((await call('GET', `/channels/hook/tests/${String(id)}`)).json).toMatchObject({
      status: 'done',
      destinations: outcome,
    });
    expect((await call('GET', `/channels/tickets/tests/${String(id)}`)).status).toBe(404);
    expect((await fixture.call(admin, 'POST', '/v1/orgs/org-alder/channels/none/test')).status).toBe(404);
  });

  it('tells who is on call now and next', async () => {
    expect((await call('GET', '/rotas')).json.items).toMatchObject([
      {
        id: 'night',
        now: { member: 'sam', from: '2026-02-23T08:00:00Z', to: '2026-03-02T08:00:00Z', is_override: false },
        next: { member: 'robin', from: '2026-03-02T08:00:00Z' },
      },
    ]);
    const { json } = await call('GET', '/rotas/night?to=2026-04-06T00:00:00Z');
    // The clocks change on the 29th: the handover stays at nine.
    expect((json['turns'] as Json[]).map(({ from }) => from)).toEqual([
      '2026-03-01T12:10:00Z',
      '2026-03-02T08:00:00Z',
      '2026-03-09T08:00:00Z',
      '2026-03-16T08:00:00Z',
      '2026-03-23T08:00:00Z',
      '2026-03-30T07:00:00Z',
    ]);
    expect((await call('GET', '/rotas/none')).status).toBe(404);
  });

  it('lets somebody stand in, until that is cancelled', async () => {
    const body = { member: 'robin', from: '2026-03-01T12:00:00Z', to: '2026-03-01T20:00:00Z', reason: 'Holiday' };
    const added = await call('POST', '/rotas/night/overrides', body);
    expect(added.json).toMatchObject({ rota: 'night', ...body, cancelled_at: null });
    expect((await call('GET', '/rotas')).json.items).toMatchObject([
      { now: { member: 'robin', to: '2026-03-01T20:00:00Z', is_override: true }, next: { member: 'sam' } },
    ]);
    const url = `/rotas/night/overrides/${String(added.json['id'])}`;
    expect((await call('DELETE', url)).json).toMatchObject({ cancelled_at: '2026-03-01T12:10:00Z' });
    fixture.clock.advance(60_000);
    expect((await call('DELETE', url)).json).toMatchObject({ cancelled_at: '2026-03-01T12:10:00Z' });
    expect((await call('GET', '/rotas')).json.items).toMatchObject([{ now: { member: 'sam', is_override: false } }]);
    const actions = await fixture.db.query(`select action from audit where action like 'rota%' order by id`);
    expect(actions).toEqual([{ action: 'rota.override' }, { action: 'rota.override-cancel' }]);
  });

  it.each([
    [{ member: 'nobody', from: '2026-03-02T00:00:00Z', to: '2026-03-03T00:00:00Z' }],
    [{ member: '__proto__', from: '2026-03-02T00:00:00Z', to: '2026-03-03T00:00:00Z' }],
    [{ member: 'none:x', from: '2026-03-02T00:00:00Z', to: '2026-03-03T00:00:00Z' }],
    [{ member: 'email:x', from: '2026-03-02T00:00:00Z', to: '2026-03-03T00:00:00Z' }],
    [{ member: 'sam', from: '2026-03-03T00:00:00Z', to: '2026-03-02T00:00:00Z' }],
    [{ member: 'sam', from: '2026-02-01T00:00:00Z', to: '2026-02-02T00:00:00Z' }],
    [{ member: 'sam', from: 'now', to: 'later' }],
  ])('refuses the override %j', async (body) => {
    expect((await call('POST', '/rotas/night/overrides', body)).status).toBe(400);
  });
});
