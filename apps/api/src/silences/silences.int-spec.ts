import { NOW, seedIncident, seedTagged, startApi, type ApiFixture } from '../api.fixture.js';

type Json = Readonly<Record<string, unknown>>;

describe('silences', () => {
  let fixture: ApiFixture;
  let operator: string;
  let orgId: number;
  let alertId: number;
  beforeAll(async () => {
    fixture = await startApi();
  });
  beforeEach(async () => {
    fixture.clock.set(NOW);
    await fixture.db.query('truncate org cascade');
    ({ orgId, alertId } = await seedTagged(fixture.db, 'alder'));
    await seedIncident(fixture.db, { orgId, alertId, tag: 'alder' });
    operator = await fixture.key('operator', 'org-alder');
  });
  afterAll(() => fixture.close());

  const call = async (method: 'GET' | 'POST' | 'DELETE', rest: string, body?: unknown) => {
    const answer = await fixture.call(operator, method, `/v1/orgs/org-alder/silences${rest}`, body);
    return { status: answer.status, json: JSON.parse(answer.body) as Json & { items?: Json[]; errors?: { field: string }[] } };
  };
  const SILENCE = { matcher: { regions: ['Region alder'] }, reason: 'Power works', until: '2026-03-01T18:00:00Z' };
  const dueAt = () => fixture.db.query('select due_at from incident');

  it('begin now unless told otherwise, belong to their maker, and wake what is open', async () => {
    const { status, json } = await call('POST', '', SILENCE);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      matcher: { regions: ['Region alder'] },
      owner: 'operator key',
      from: '2026-03-01T12:10:00Z',
      until: '2026-03-01T18:00:00Z',
      status: 'active',
      ended_at: null,
    });
    expect(await dueAt()).toEqual([{ due_at: new Date(NOW) }]);
    expect(await fixture.db.query(`select action, subject from audit where action like 'silence%'`)).toEqual([
      { action: 'silence.create', subject: `silence:${String(json['id'])}` },
    ]);
  });

  it('end before their time once, and are then listed only when asked for', async () => {
    const { json } = await call('POST', '', SILENCE);
    const rest = `/${String(json['id'])}`;
    expect((await call('GET', '')).json.items).toHaveLength(1);
    fixture.clock.advance(60_000);
    expect((await call('DELETE', rest)).json).toMatchObject({ status: 'over', ended_at: '2026-03-01T12:11:00Z' });
    fixture.clock.advance(60_000);
    expect((await call('DELETE', rest)).json).toMatchObject({ ended_at: '2026-03-01T12:11:00Z' });
    expect((await call('GET', '')).json.items).toHaveLength(0);
    expect((await call('GET', '?ended=true')).json.items).toHaveLength(1);
    expect((await call('GET', rest)).status).toBe(200);
    expect((await call('DELETE', '/999999')).status).toBe(404);
  });

  it('are read page by page', async () => {
    for (const hour of ['14', '13', '15']) await call('POST', '', { ...SILENCE, until: `2026-03-01T${hour}:00:00Z` });
    const first = (await call('GET', '?limit=2')).json;
    const second = (await call('GET', `?limit=2&cursor=${String(first['next_cursor'])}`)).json;
    expect([...(first.items ?? []), ...(second.items ?? [])].map(({ until }) => until)).toEqual(
      ['13', '14', '15'].map((hour) => `2026-03-01T${hour}:00:00Z`),
    );
  });

  it.each([
    [{ sites: ['site-alder'] }, 1],
    [{ regions: ['Region alder'], rules: ['site-down'] }, 1],
    [{ regions: ['Region alder'], rules: ['sle'] }, 0],
    [{ severities: ['warning'] }, 1],
    [{ store_types: ['none'] }, 0],
    [{ orgs: ['org-alder'] }, 1],
  ])('say beforehand what %j matches', async (matcher, matched) => {
    const { status, json } = await call('POST', '/preview', { matcher });
    expect([status, json['matched']]).toEqual([200, matched]);
    if (matched > 0) expect(json.items).toMatchObject([{ alert_id: alertId, rule: 'site-down', site_id: 'site-alder' }]);
    expect(await fixture.db.query('select 1 from silence')).toEqual([]);
  });

  it.each([
    [{ ...SILENCE, matcher: {} }, ['matcher']],
    [{ ...SILENCE, matcher: { sites: [] } }, ['matcher.sites']],
    [{ ...SILENCE, matcher: { rules: ['no-such'], severities: ['bad'] } }, ['matcher.rules', 'matcher.severities']],
    [{ ...SILENCE, matcher: { store_types: 'x' } }, ['matcher.store_types']],
    [{ ...SILENCE, matcher: { nonsense: ['x'] } }, ['matcher.nonsense']],
    [{ ...SILENCE, matcher: ['sites'] }, ['matcher', 'matcher.0']],
    [{ ...SILENCE, until: '2026-03-01T12:00:00Z' }, ['until']],
    [{ ...SILENCE, until: '2028-03-01T12:00:00Z' }, ['until']],
    [{ ...SILENCE, from: '2026-03-01T19:00:00Z' }, ['until']],
    [{ ...SILENCE, reason: '' }, ['reason']],
  ])('refuse %j and name the fault', async (body, fields) => {
    const { status, json } = await call('POST', '', body);
    expect(status).toBe(400);
    expect([...new Set(json.errors?.map(({ field }) => field))].sort()).toEqual(fields);
  });
});
