import { API_ROLES } from '@app/shared';
import { NOW, seedIncident, seedTagged, startApi, type ApiFixture } from './api.fixture.js';

interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
}

const METHODS = ['get', 'post', 'put', 'delete'] as const;
const WINDOW = { name: 'taken', scope: 'org', from: '2026-03-01T00:00:00Z', to: '2026-03-01T01:00:00Z' };
const ROUTING = `
email: { smtpUrl: 'smtp://127.0.0.1:2525', from: mistwatch@example.com, to: [noc@example.com] }
rotas: [{ id: night, timezone: UTC, from: '2026-02-23T09:00', members: ['email:sam@example.com'] }]
policies: [{ id: theirs, match: { orgs: [org-birch] }, steps: [{ to: [email] }] }]
rules: [{ id: theirs, metric: latency, threshold: 200, match: { orgs: [org-birch] } }]
`;
const BODIES: Readonly<Record<string, unknown>> = {
  'PUT /v1/orgs/{org}/circuits/attributes': { rows: [{ mac: 'mac-birch', port_id: 'ge-0/0/0', name: 'taken' }] },
  'POST /v1/orgs/{org}/circuits/links': { old: 'mac-birch:ge-0/0/0', new: 'mac-alder:ge-0/0/0' },
  'POST /v1/orgs/{org}/maintenance': { ...WINDOW, scope: 'site', subject: 'site-birch' },
  'PUT /v1/orgs/{org}/maintenance/{maintenance}': WINDOW,
  'POST /v1/orgs/{org}/circuits/suggestions/accept': { circuits: ['mac-birch:ge-0/0/0'] },
  'PUT /v1/orgs/{org}/circuits/{circuit}/attributes': { name: 'taken' },
  'POST /v1/orgs/{org}/silences': { matcher: { rules: ['site-down'] }, reason: 'taken', until: '2026-03-02T00:00:00Z' },
  'POST /v1/orgs/{org}/silences/preview': { matcher: { rules: ['site-down'] } },
  'POST /v1/orgs/{org}/replay': {
    from: '2026-03-01T00:00:00Z',
    to: '2026-03-01T12:00:00Z',
    rules: [{ id: 'congestion', badCount: 1 }],
  },
  'POST /v1/orgs/{org}/rotas/{rota}/overrides': {
    member: 'email:taken@example.com',
    from: '2026-03-02T00:00:00Z',
    to: '2026-03-03T00:00:00Z',
  },
  'POST /v1/orgs/{org}/alerts/{alert}/resolve': { reason: 'taken' },
  'POST /v1/orgs/{org}/alerts/{alert}/notes': { text: 'taken' },
  'POST /v1/orgs/{org}/incidents/{incident}/notes': { text: 'taken' },
  'POST /v1/keys': { name: 'theft', role: 'viewer', orgs: ['org-birch'] },
};

/** What people of an organization said about being told, each in its name. */
async function seedRouting({ db }: ApiFixture, orgId: number): Promise<{ silence: number; override: number; test: number }> {
  const insert = async (sql: string): Promise<number> =>
    (await db.query<{ id: number }>(`${sql} returning id`, [orgId, new Date(NOW)]))[0]?.id ?? 0;
  return {
    silence: await insert(
      `insert into silence (org_id, matcher, reason, owner, from_at, to_at, created_at, created_by)
       values ($1, '{"sites": ["site-birch"]}', 'Silence birch', 'birch', $2, $2::timestamptz + interval '1 hour', $2, 'test')`,
    ),
    override: await insert(
      `insert into rota_override (org_id, rota, member, from_at, to_at, reason, entered_at, entered_by)
       values ($1, 'night', 'email:birch@example.com', $2, $2::timestamptz + interval '1 hour', 'birch', $2, 'test')`,
    ),
    test: await insert(`insert into channel_test (org_id, channel, asked_at, asked_by) values ($1, 'email', $2, 'key:birch')`),
  };
}

/** Every operation of the document, so that a route added later is walked too. */
async function operationsOf(fixture: ApiFixture): Promise<Operation[]> {
  const { paths } = JSON.parse((await fixture.call(null, 'GET', '/openapi.json')).body) as {
    paths: Record<string, Partial<Record<(typeof METHODS)[number], { parameters?: Operation['parameters'] }>>>;
  };
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined
        ? []
        : [{ method: method.toUpperCase() as Operation['method'], path, parameters: operation.parameters ?? [] }];
    }),
  );
}

describe('tenancy', () => {
  let fixture: ApiFixture;
  let operations: Operation[];
  let birchAlert: number;
  let birchKeyId: string;
  let birchWindow: number;
  let birchRows: { silence: number; override: number; test: number };
  let birchIncident: { incidentId: number; deliveryId: number };

  beforeAll(async () => {
    fixture = await startApi({ yaml: ROUTING });
    await seedTagged(fixture.db, 'alder');
    const birch = await seedTagged(fixture.db, 'birch');
    birchAlert = birch.alertId;
    birchIncident = await seedIncident(fixture.db, { ...birch, tag: 'birch' });
    birchKeyId = (await fixture.key('admin', 'org-birch')).split('_')[1] ?? '';
    const [window] = await fixture.db.query<{ id: number }>(
      `insert into maintenance (org_id, name, owner, scope, from_at, to_at, created_at, created_by, updated_at)
       select id, 'Window birch', 'birch', 'org', $1, $1::timestamptz + interval '1 hour', $1, 'test', $1 from org where external_id = 'org-birch' returning id`,
      [new Date(NOW)],
    );
    birchWindow = window?.id ?? 0;
    birchRows = await seedRouting(fixture, birch.orgId);
    operations = await operationsOf(fixture);
  });
  afterAll(() => fixture.close());

  const filled = (path: string, org: string): string => {
    const ids: Readonly<Record<string, string>> = {
      org,
      site: 'site-birch',
      circuit: 'mac-birch%3Age-0%2F0%2F0',
      peer: 'birch%7Cge-0%2F0%2F0',
      alert: String(birchAlert),
      device: 'gw-birch',
      metric: 'coverage',
      key: birchKeyId,
      group: 'Region%20birch',
      region: 'Region%20birch',
      maintenance: String(birchWindow),
      incident: String(birchIncident.incidentId),
      delivery: String(birchIncident.deliveryId),
      silence: String(birchRows.silence),
      override: String(birchRows.override),
      test: String(birchRows.test),
      rota: 'night',
      channel: 'email',
      table: 'circuits',
      kind: 'executive',
    };
    return path.replace(/\{(\w+)\}/g, (_, name: string) => {
      const id = ids[name];
      if (id === undefined) throw new Error(`The walk knows no foreign id for {${name}} of ${path}; add one.`);
      return id;
    });
  };
  const bodyOf = ({ method, path }: Operation): unknown =>
    method === 'GET' || method === 'DELETE' ? undefined : (BODIES[`${method} ${path}`] ?? {});

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
        const answer = await fixture.call(key, operation.method, url, bodyOf(operation));
        const told = `${operation.method} ${url} as ${role}: ${String(answer.status)} ${answer.body}`;
        if (/birch/i.test(answer.body)) throw new Error(`Foreign data: ${told}`);
        const isForeign =
          org === 'org-birch' ||
          /\{(site|circuit|device|alert|key|maintenance|incident|delivery|silence|override|test)\}/.test(operation.path);
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
      const answer = await fixture.call(null, operation.method, filled(operation.path, 'org-birch'), bodyOf(operation));
      expect([operation.path, answer.status]).toEqual([operation.path, 401]);
    }
  });

  it('refuses a viewer every write', async () => {
    const key = await fixture.key('viewer', 'org-birch');
    const writes = operations.filter(({ method, path }) => method !== 'GET' && !path.startsWith('/v1/hooks/'));
    for (const operation of writes) {
      const answer = await fixture.call(key, operation.method, filled(operation.path, 'org-birch'), bodyOf(operation));
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
