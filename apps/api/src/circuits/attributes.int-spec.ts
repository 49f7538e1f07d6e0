import { seedAlder, startApi, type ApiFixture } from '../api.fixture.js';

const ORG = '/v1/orgs/org-alder';
const MAIN = '020000000101:ge-0/0/0';
const PATH = `${ORG}/circuits/${encodeURIComponent(MAIN)}/attributes`;

describe('attributes of circuits', () => {
  let fixture: ApiFixture;
  let key: string;
  beforeEach(async () => {
    fixture = await startApi();
    await seedAlder(fixture.db);
    key = await fixture.key('operator', 'org-alder');
  });
  afterEach(() => fixture.close());

  const json = (body: string) => JSON.parse(body) as Record<string, never>;
  const csv = async (text: string, query = '') => {
    const answer = await fixture.api.app.inject({
      method: 'POST',
      url: `${ORG}/circuits/attributes/csv${query}`,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'text/csv' },
      payload: text,
    });
    return { status: answer.statusCode, body: json(answer.body) };
  };
  const names = async () =>
    (await fixture.db.query<{ name: string | null }>('select name from circuit_attribute order by circuit_id, since')).map(
      ({ name }) => name,
    );

  it('loads a table, all of it or nothing, and names the lines that are wrong', async () => {
    const head = '\ufeffmac,port_id,Name,role,bandwidth_down_mbps,since,note\r\n';
    const good = '020000000101,ge-0/0/0,"long, line",,,2026-01-01T00:00:00Z,"two\nlines"\r\n';
    const bad = '\r\n020000000101,ge-0/0/1,x,boss,-1,,\r\nnobody,p,x,,,,\r\n';
    const refused = await csv(head + good + bad);
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ errors: [{ field: 'line 5, role' }, { field: 'line 5, bandwidth_down_mbps' }] });
    expect(await csv(`${head}${good}nobody,p,x,,,,\n`)).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'line 4, mac' }] },
    });
    expect(await names()).toEqual(['main', 'spare']);
    expect(await csv(head + good + bad, '?partial=true')).toMatchObject({
      status: 200,
      body: { stored: 1, errors: [{ line: 5 }, { line: 6 }] },
    });
    expect(await names()).toEqual(['main', 'long, line', 'spare']);
  });

  it.each([
    ['', 'text/csv'],
    ['mac,port_id', 'no rows'],
    ['mac,name\na,b', 'port_id'],
    ['mac,port_id\n"a,b', 'cannot be read'],
    ['mac,port_id\na', 'cannot be read'],
  ])('refuses the table %j', async (text, told) => {
    const { status, body } = await csv(text);
    expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining(told)]);
  });

  it('stores nothing of a list with a wrong row unless part of it is wanted', async () => {
    const rows = [
      { mac: '020000000101', port_id: 'ge-0/0/0', name: 'new' },
      { mac: 'nobody', port_id: 'x' },
    ];
    const answer = await fixture.call(key, 'PUT', `${ORG}/circuits/attributes`, { rows });
    expect([answer.status, json(answer.body)['errors']]).toEqual([
      400,
      [{ field: 'row 1, mac', message: expect.any(String) as string }],
    ]);
    expect(await names()).toEqual(['main', 'spare']);
  });

  it('shows the history, and corrects or takes away one dated row', async () => {
    const dated = `${PATH}?since=2026-02-01T00:00:00Z`;
    expect((await fixture.call(key, 'DELETE', dated)).status).toBe(404);
    expect((await fixture.call(key, 'PUT', dated, {})).status).toBe(400);
    const put = await fixture.call(key, 'PUT', dated, { name: 'second', bandwidth_down_mbps: 50 });
    expect(json(put.body)).toMatchObject({
      items: [
        { source: 'configured', since: null, name: 'main', role: 'primary', bandwidth_down_mbps: 100 },
        { since: '2026-02-01T00:00:00Z', name: 'second', role: null, bandwidth_down_mbps: 50, bandwidth_up_mbps: 50 },
      ],
    });
    await fixture.call(key, 'PUT', dated, { role: 'backup' });
    expect(json((await fixture.call(key, 'GET', PATH)).body)).toMatchObject({
      items: [{}, { name: null, role: 'backup', bandwidth_down_mbps: null }],
    });
    expect(await fixture.db.query('select port_id from circuit where rederive_due')).toEqual([{ port_id: 'ge-0/0/0' }]);
    expect(json((await fixture.call(key, 'DELETE', dated)).body)['items']).toHaveLength(1);
  });

  it('shows what Mist says beside what is configured, and makes it so when told', async () => {
    await fixture.db.query(
      `insert into circuit_attribute (org_id, circuit_id, source, since, name, provider, role) select org_id, id, 'mist', '-infinity', 'main', 'Carrier', 'secondary'
       from circuit where port_id = 'ge-0/0/0'`,
    );
    await fixture.db.query(
      `insert into circuit_attribute (org_id, circuit_id, source, since, bandwidth_up_mbps) select org_id, id, 'traffic_shaping', '-infinity', 40 from circuit where port_id = 'ge-0/0/0'`,
    );
    const list = async () => json((await fixture.call(key, 'GET', `${ORG}/circuits/suggestions`)).body)['items'];
    expect(await list()).toMatchObject([
      {
        id: MAIN,
        suggestions: [
          { attribute: 'role', mist: 'secondary', configured: 'primary' },
          { attribute: 'provider', mist: 'Carrier', configured: null },
          { attribute: 'bandwidth_up_mbps', mist: 40, configured: 100 },
        ],
      },
    ]);
    const accept = (body: unknown) => fixture.call(key, 'POST', `${ORG}/circuits/suggestions/accept`, body);
    expect((await accept({ circuits: ['nobody:x'] })).status).toBe(404);
    expect((await accept({ circuits: [1] })).status).toBe(400);
    expect(json((await accept({ circuits: [MAIN], attributes: ['provider', 'role'] })).body)).toEqual({ accepted: 1 });
    expect(await list()).toMatchObject([
      { configured: { role: 'secondary', provider: 'Carrier' }, suggestions: [{ attribute: 'bandwidth_up_mbps' }] },
    ]);
    expect(json((await accept({ circuits: [MAIN], attributes: ['name'] })).body)).toEqual({ accepted: 0 });
    const viewer = await fixture.key('viewer', 'org-alder');
    expect((await fixture.call(viewer, 'POST', `${ORG}/circuits/suggestions/accept`, { circuits: [MAIN] })).status).toBe(403);
  });
});
