import { API_ROLES } from '@app/shared';
import { NOW, seedTagged, startApi, type ApiFixture } from './api.fixture.js';
import { operationsOf, seedSubject, type Operation, type Subject } from './walk.fixture.js';

const ROUTING = `
email: { smtpUrl: 'smtp://127.0.0.1:2525', from: mistwatch@example.com, to: [noc@example.com] }
rotas: [{ id: night, timezone: UTC, from: '2026-02-23T09:00', members: ['email:sam@example.com'] }]
policies: [{ id: theirs, match: { orgs: [org-birch] }, steps: [{ to: [email] }] }]
rules: [{ id: theirs, metric: latency, threshold: 200, match: { orgs: [org-birch] } }]
reports: { schedules: [{ id: daily, orgs: [org-birch], kind: summary, region: Region birch, at: '07:00', timezone: UTC }] }
`;
describe('tenancy', () => {
  let fixture: ApiFixture;
  let operations: Operation[];
  let birch: Subject;

  beforeAll(async () => {
    fixture = await startApi({ yaml: ROUTING });
    await seedTagged(fixture.db, 'alder');
    birch = await seedSubject(fixture, 'birch');
    operations = await operationsOf(fixture);
  });
  afterAll(() => fixture.close());

  const filled = (path: string, org: string): string => birch.path({ path }, org);

  it('walks a document that names the whole API', () => {
    expect(operations.length).toBeGreaterThanOrEqual(23);
    expect(operations.filter(({ path }) => !path.startsWith('/v1/'))).toEqual([]);
  });

  it.each(API_ROLES)('shows a %s of one organization nothing of another, by no route', async (role) => {
    const key = await fixture.key(role, 'org-alder');
    for (const operation of operations) {
      for (const org of operation.path.includes('{org}') ? ['org-birch', 'org-alder'] : ['']) {
        const isFiltered = operation.parameters.some((parameter) => parameter.in === 'query' && parameter.name === 'site');
        const url = `${filled(operation.path, org)}${isFiltered ? '?site=site-birch' : ''}`;
        const answer = await fixture.call(key, operation.method, url, birch.bodyOf(operation));
        const told = `${operation.method} ${url} as ${role}: ${String(answer.status)} ${answer.body}`;
        if (/birch/i.test(answer.body)) throw new Error(`Foreign data: ${told}`);
        const isForeign =
          org === 'org-birch' ||
          /\{(site|circuit|device|alert|key|maintenance|incident|delivery|silence|override|session|test|report)\}/.test(
            operation.path,
          );
        if (isForeign && ![401, 403, 404].includes(answer.status)) throw new Error(`Not refused: ${told}`);
        if (answer.status >= 500) throw new Error(told);
      }
    }
    const [untouched] = await fixture.db.query(`select count(*) as names from circuit_attribute where name = 'taken'`);
    expect(untouched).toEqual({ names: 0 });
    expect(
      await fixture.db.query(
        `select 1 from maintenance m join org o on o.id = m.org_id where o.external_id = 'org-birch' and m.name = 'taken'`,
      ),
    ).toEqual([]);
  });

  it('answers a foreign organization exactly like one that does not exist', async () => {
    const key = await fixture.key('admin', 'org-alder');
    const [foreign, none] = await Promise.all(
      ['org-birch', 'org-none!'].map((org) => fixture.call(key, 'GET', `/v1/orgs/${org}/health`)),
    );
    expect(foreign?.status).toBe(404);
    expect(foreign?.body.replaceAll('org-birch', 'X')).toBe(none?.body.replaceAll('org-none!', 'X'));
  });

  it('asks every route of the document for a key', async () => {
    for (const operation of operations) {
      const answer = await fixture.call(null, operation.method, filled(operation.path, 'org-birch'), birch.bodyOf(operation));
      expect([operation.path, answer.status]).toEqual([operation.path, 401]);
    }
  });

  it.each(['expired', 'revoked'] as const)('shows a key that is %s no route', async (how) => {
    const key = await fixture.key('admin', 'org-birch');
    const column = how === 'expired' ? 'expires_at' : 'revoked_at';
    await fixture.db.query(`update api_key set ${column} = $2 where id = $1`, [key.split('_')[1], new Date(NOW)]);
    for (const operation of operations) {
      const answer = await fixture.call(key, operation.method, filled(operation.path, 'org-birch'), birch.bodyOf(operation));
      expect([operation.path, answer.status, /birch/i.test(answer.body)]).toEqual([operation.path, 401, false]);
    }
  });

  it('refuses a viewer every write', async () => {
    const key = await fixture.key('viewer', 'org-birch');
    const writes = operations.filter(({ method, path }) => method !== 'GET' && !path.startsWith('/v1/hooks/'));
    for (const operation of writes) {
      const answer = await fixture.call(key, operation.method, filled(operation.path, 'org-birch'), birch.bodyOf(operation));
      expect([operation.path, answer.status]).toEqual([operation.path, 403]);
    }
    expect(writes.length).toBeGreaterThanOrEqual(4);
  });

  const HOSTILE = [
    '',
    ' ',
    "'; drop table org; --",
    '-1',
    '99999999999999999999',
    '1e308',
    'NaN',
    '\u202e\ufeff',
    '%00',
    '%E0%A4%A',
    '../../etc/passwd',
    '{"$ne":1}',
    'x'.repeat(400),
    '0',
    '[]',
    'WzFd',
    'W251bGxd',
    'null',
    '2026-02-30T00:00:00Z',
    '9999-12-31T23:59:59Z',
  ];

  it.each(HOSTILE)('never answers 500 to the parameter %j', async (hostile) => {
    const key = await fixture.key('admin', 'org-birch');
    const encoded = hostile.startsWith('%') ? hostile : encodeURIComponent(hostile);
    for (const { method, path, parameters } of operations) {
      if (method !== 'GET') continue;
      const urls = [
        ...[...path.matchAll(/\{\w+\}/g)].map(([name]) => filled(path.replace(name, encoded), 'org-birch')),
        ...parameters
          .filter((parameter) => parameter.in === 'query')
          .map(({ name }) => `${filled(path, 'org-birch')}?${name}=${encoded}`),
        `${filled(path, 'org-birch')}?limit=1&limit=2&nonsense=${encoded}`,
      ];
      for (const url of urls) {
        const answer = await fixture.call(key, 'GET', url);
        if (answer.status >= 500) throw new Error(`${url}: ${String(answer.status)} ${answer.body}`);
        if (answer.status >= 400) expect(answer.type).toContain('application/problem+json');
      }
    }
  });

  it.each([
    [[]],
    ['text'],
    [{ rows: 'no' }],
    [{ rows: [null, [], { mac: '\u0000', port_id: 1 }, { mac: {}, since: 'x', role: [] }] }],
    [{ note: '\u0000' }],
    [{ kinds: ['all'] }],
    [{ name: 1, role: 'root', orgs: 'org-birch', expires_at: 'x' }],
    [{ __proto__: { role: 'admin' } }],
  ])('never answers 500 to the body %j', async (body) => {
    const key = await fixture.key('admin', 'org-birch');
    for (const { method, path } of operations.filter((operation) => operation.method === 'POST' || operation.method === 'PUT')) {
      const answer = await fixture.call(key, method, filled(path, 'org-birch'), body);
      if (answer.status >= 500) throw new Error(`${path}: ${String(answer.status)} ${answer.body}`);
    }
  });

  it('refuses filters that are 10,000 deep', async () => {
    const headers = { authorization: `Bearer ${await fixture.key('admin', 'org-birch')}`, 'content-type': 'application/json' };
    const payload = `${'{"matcher":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
    const deep = '(a'.repeat(10_000);
    for (const operation of operations.filter(({ path, method }) => !path.startsWith('/v1/hooks/') && method !== 'DELETE')) {
      const { method } = operation;
      const url = filled(operation.path, 'org-birch');
      const named = operation.parameters.filter((parameter) => parameter.in === 'query');
      const asked = method === 'GET' ? named.map(({ name }) => ({ url: `${url}?${name}=${deep}` })) : [{ url, payload }];
      for (const each of asked) {
        const { statusCode, headers: sent } = await fixture.api.app.inject({ method, headers, ...each });
        const told = [method, each.url.slice(0, 100), statusCode, String(sent['content-type']).split(';')[0]];
        expect(told).toEqual([method, each.url.slice(0, 100), 400, 'application/problem+json']);
      }
    }
  });

  it('lists every field that is wrong', async () => {
    const key = await fixture.key('admin', 'org-birch');
    const answer = await fixture.call(key, 'GET', '/v1/orgs/org-birch/sites?limit=0&status=BAD&nonsense=1');
    const { errors } = JSON.parse(answer.body) as { errors: { field: string }[] };
    expect(errors.map(({ field }) => field).sort()).toEqual(['limit', 'nonsense', 'status']);
  });

  it('answers unknown routes, broken JSON and bodies too large as problems', async () => {
    const key = await fixture.key('admin', 'org-birch');
    const { app } = fixture.api;
    const send = (payload: string) =>
      app.inject({
        method: 'POST',
        url: '/v1/keys',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        payload,
      });
    const answers = [await app.inject('/nowhere'), await send('{'), await send(`{"name":"${'x'.repeat(5_000_000)}"}`)];
    expect(answers.map((answer) => [answer.statusCode, (JSON.parse(answer.body) as { type: string }).type])).toEqual([
      [404, '/problems/not-found'],
      [400, '/problems/invalid-request'],
      [413, '/problems/too-large'],
    ]);
  });
});
