import { createHash } from 'node:crypto';
import { NOW } from '../api.fixture.js';
import { Browser, type Page, type Sent } from './browser.fixture.js';
import { SESSION_COOKIE } from './cookies.js';
import { startLoginWorld, OURS, type LoginWorld } from './login.fixture.js';

const HOUR_MS = 3_600_000;
const SILENCES = '/v1/orgs/org-alder/silences';
const SILENCE = { matcher: { rules: ['site-down'] }, reason: 'works', until: '2026-03-02T00:00:00Z' };

let world: LoginWorld;
beforeAll(async () => {
  world = await startLoginWorld();
});
afterAll(() => world.close());
beforeEach(() => world.fixture.clock.set(NOW));

const json = <T>({ body }: Page): T => JSON.parse(body) as T;
const isIn = async (browser: Browser): Promise<boolean> => (await browser.open('/v1/me')).status === 200;
const audited = (action: string, actor: string) =>
  world.fixture.db.query(
    `select o.external_id as org, a.subject, a.details from audit a join org o on o.id = a.org_id
     where a.action = $1 and a.actor = $2 order by a.id desc limit 3`,
    [action, actor],
  );

describe('a session', () => {
  it('says who the person is, and what they may do where', async () => {
    const kim = await world.person('kim');
    expect(json(await kim.open('/v1/me'))).toEqual({
      kind: 'person',
      actor: 'user:kim@example.com',
      name: 'Kim Alder',
      email: 'kim@example.com',
      orgs: [
        { id: 'org-alder', role: 'admin', site_groups: null },
        { id: 'org-birch', role: 'viewer', site_groups: null },
      ],
      session: {
        id: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown,
        expires_at: '2026-03-02T00:10:00Z',
        idle_ends_at: '2026-03-01T13:10:00Z',
      },
    });
    const key = await world.fixture.key('viewer', 'org-birch');
    expect(json(await world.browser().open('/v1/me', { headers: { authorization: `Bearer ${key}` } }))).toEqual({
      kind: 'key',
      actor: `key:${key.split('_')[1] ?? ''}`,
      name: 'viewer key',
      email: null,
      orgs: [{ id: 'org-birch', role: 'viewer', site_groups: null }],
      session: null,
    });
  });

  it('has in each organization the role of there, and nothing of others', async () => {
    const kim = await world.person('kim');
    const window = { name: 'works', scope: 'org', from: '2026-03-02T00:00:00Z', to: '2026-03-02T01:00:00Z' };
    const keyOf = (org: string) => kim.change('/v1/keys', { name: 'kim', role: 'viewer', orgs: [org] });
    expect([
      (await kim.open('/v1/orgs/org-birch/sites')).status,
      (await kim.change('/v1/orgs/org-birch/maintenance', window)).status,
      (await kim.change('/v1/orgs/org-alder/maintenance', window)).status,
      (await kim.open('/v1/orgs/org-birch/exports/audit')).status,
      (await keyOf('org-birch')).status,
      (await keyOf('org-alder')).status,
    ]).toEqual([200, 403, 200, 403, 400, 201]);
    await world.fixture.key('viewer', 'org-birch');
    const keys = json<{ items: { orgs: string[] }[] }>(await kim.open('/v1/keys')).items.flatMap(({ orgs }) => orgs);
    expect(new Set(keys)).toEqual(new Set(['org-alder']));
    const sam = await world.person('sam');
    const [foreign, none] = [await sam.open('/v1/orgs/org-birch/sites'), await sam.open('/v1/orgs/org-none/sites')];
    expect([foreign.status, foreign.body]).toEqual([404, none.body]);
    expect(json<{ items: { id: string }[] }>(await sam.open('/v1/orgs')).items.map(({ id }) => id)).toEqual(['org-alder']);
  });

  it('gives no role by an address that the provider did not check', async () => {
    const pat = await world.person('pat');
    expect(json(await pat.open('/v1/me'))).toMatchObject({
      actor: 'user:pat',
      email: null,
      orgs: [{ id: 'org-birch', role: 'admin' }],
    });
  });

  it('ends when nobody uses it, when its time is over, and when no role is left', async () => {
    const idle = await world.person('sam');
    world.fixture.clock.set(NOW + HOUR_MS - 1);
    expect(await isIn(idle)).toBe(true);
    world.fixture.clock.set(NOW + 2 * HOUR_MS - 1);
    expect(await isIn(idle)).toBe(false);
    world.fixture.clock.set(NOW);
    const used = await world.person('sam');
    const seen = [];
    for (let at = NOW; at <= NOW + 12 * HOUR_MS; at += HOUR_MS / 2) {
      world.fixture.clock.set(at);
      seen.push(await isIn(used));
    }
    expect(seen).toEqual([...Array<boolean>(24).fill(true), false]);
    world.fixture.clock.set(NOW);
    const fired = await world.person('sam');
    await world.fixture.db.query(`update login_session set claims = '{"groups": ["chess"]}' where subject = 'sam'`);
    expect(await isIn(fired)).toBe(false);
  });

  it('is known to every process, and may do what the configuration of that one says', async () => {
    const roles = [{ claim: 'groups', value: 'noc', role: 'viewer', orgs: ['org-birch'] }];
    const second = await world.fixture.another(world.yamlWith(roles));
    try {
      const [here, there] = [await world.person('sam'), new Browser(second.app, OURS)];
      there.cookies = here.cookies;
      expect(json(await there.open('/v1/me'))).toMatchObject({ orgs: [{ id: 'org-birch', role: 'viewer' }] });
      expect([
        (await there.open('/v1/orgs/org-alder/sites')).status,
        (await here.open('/v1/orgs/org-alder/sites')).status,
      ]).toEqual([404, 200]);
      const begun = world.browser();
      const callback = await world.until(begun, 'sam');
      there.cookies = begun.cookies;
      expect([(await there.open(callback)).status, await isIn(there)]).toEqual([303, true]);
    } finally {
      await second.close();
    }
  });

  it('is not what the database holds, nor is what the provider said of the person', async () => {
    const sam = await world.person('sam');
    const secret = sam.cookie(SESSION_COOKIE) ?? '';
    const rows = await world.fixture.db.query<{ row: string }>('select s::text as row from login_session s');
    const stored = rows.map(({ row }) => row).join('\n');
    expect(stored).toContain(createHash('sha256').update(secret).digest('hex'));
    expect([stored.includes(secret), /eyJ[\w-]{20}/.test(stored)]).toEqual([false, false]);
  });

  it('is not looked at when a key is sent, good or bad', async () => {
    const sam = await world.person('sam');
    expect((await sam.open('/v1/me', { headers: { authorization: 'Bearer mw_0123456789abcdef_x' } })).status).toBe(401);
    const key = await world.fixture.key('operator', 'org-birch');
    const sent: Sent = { method: 'POST', headers: { 'x-api-key': key }, body: SILENCE };
    expect((await sam.open('/v1/orgs/org-birch/silences', sent)).status).toBe(200);
    expect((await sam.open(SILENCES, sent)).status).toBe(404);
  });
});

describe('a change by a session', () => {
  const own = { 'x-requested-with': 'mistwatch' };
  it.each([
    ['nothing that only our pages can send', {}],
    ['our header and no word of the browser', own],
    ['our origin without our header', { origin: OURS, 'sec-fetch-site': 'same-origin' }],
    ['a foreign origin', { ...own, origin: 'https://evil.example.com' }],
    ['no origin to name', { ...own, origin: 'null' }],
    ['another host of our domain', { ...own, 'sec-fetch-site': 'same-site' }],
    ['a foreign page', { ...own, origin: OURS, 'sec-fetch-site': 'cross-site' }],
  ])('is refused with %s', async (_what, headers) => {
    const sam = await world.person('sam');
    for (const [method, path] of [
      ['POST', SILENCES],
      ['POST', '/v1/logout'],
      ['DELETE', `${SILENCES}/1`],
    ] as const) {
      const page = await sam.open(path, { method, headers, ...(method === 'POST' ? { body: SILENCE } : {}) });
      expect([page.status, page.body.includes('x-requested-with')]).toEqual([403, true]);
    }
    expect(await isIn(sam)).toBe(true);
  });

  it('is told in the name of the person', async () => {
    const sam = await world.person('sam');
    const made = await sam.change(SILENCES, SILENCE);
    const { id, owner } = json<{ id: number; owner: string }>(made);
    expect([made.status, owner]).toEqual([200, 'Sam Alder']);
    expect(await audited('silence.create', 'user:sam@example.com')).toEqual([
      { org: 'org-alder', subject: `silence:${String(id)}`, details: expect.anything() as unknown },
    ]);
  });

  it('is made once when it is sent twice with one Idempotency-Key, and by nobody else', async () => {
    const headers = { 'x-requested-with': 'mistwatch', origin: OURS, 'idempotency-key': 'once' };
    const send = (browser: Browser) => browser.open(SILENCES, { method: 'POST', headers, body: SILENCE });
    const [sam, again] = [await world.person('sam'), await world.person('sam')];
    const ids = [await send(sam), await send(sam), await send(again)].map((page) => json<{ id: number }>(page).id);
    expect([ids[0] === ids[1], ids[1] === ids[2]]).toEqual([true, false]);
  });
});

describe('logging out', () => {
  it('ends the session here and, where the browser is sent, at the provider', async () => {
    const [sam, other] = [await world.person('sam'), await world.person('sam')];
    const before = sam.cookies;
    const page = await sam.change('/v1/logout');
    const url = new URL(json<{ end_session_url: string }>(page).end_session_url);
    expect([page.status, url.origin, url.searchParams.get('post_logout_redirect_uri')]).toEqual([
      200,
      world.provider.issuer,
      `${OURS}/`,
    ]);
    expect([sam.cookie(SESSION_COOKIE), await isIn(sam), await isIn(other)]).toEqual([undefined, false, true]);
    expect((await sam.open(url.href)).status).toBe(200);
    sam.cookies = before;
    expect(await isIn(sam)).toBe(false);
    expect((await audited('logout', 'user:sam@example.com'))[0]).toMatchObject({
      org: 'org-alder',
      details: { name: 'Sam Alder', role: 'operator', address: sam.address },
    });
  });

  it('ends all sessions of the person and of nobody else, if so asked', async () => {
    const [sam, phone, kim] = [await world.person('sam'), await world.person('sam'), await world.person('kim')];
    expect((await sam.change('/v1/logout', { everywhere: true })).status).toBe(200);
    expect([await isIn(sam), await isIn(phone), await isIn(kim)]).toEqual([false, false, true]);
  });

  it('is nothing for a key', async () => {
    const headers = { authorization: `Bearer ${await world.fixture.key('admin', 'org-alder')}` };
    for (const body of [{ body: {} }, {}])
      expect((await world.browser().open('/v1/logout', { method: 'POST', headers, ...body })).status).toBe(403);
  });
});

describe('an admin', () => {
  it('sees and ends the sessions that reach the organization, and no others', async () => {
    await world.fixture.db.query('delete from login_session');
    const [kim, sam, pat] = [await world.person('kim'), await world.person('sam'), await world.person('pat')];
    type Listed = { items: { id: string; name: string; orgs: object[]; is_current: boolean }[] };
    const listed = async (browser: Browser) => json<Listed>(await browser.open('/v1/sessions')).items;
    const ofKim = await listed(kim);
    expect(ofKim.map(({ name, orgs, is_current }) => [name, orgs, is_current]).sort()).toEqual([
      ['Kim Alder', [{ id: 'org-alder', role: 'admin', site_groups: null }], true],
      ['Sam Alder', [{ id: 'org-alder', role: 'operator', site_groups: null }], false],
    ]);
    const ofPat = await listed(pat);
    expect(ofPat.map(({ name }) => name).sort()).toEqual(['Kim Alder', 'Pat Birch']);
    expect((await sam.open('/v1/sessions')).status).toBe(403);
    const idOf = (items: Listed['items'], name: string): string => items.find((each) => each.name === name)?.id ?? '';
    const end = async (browser: Browser, id: string) => (await browser.change(`/v1/sessions/${id}`, {}, 'DELETE')).status;
    expect(await end(kim, idOf(ofPat, 'Pat Birch'))).toBe(404);
    expect(await end(pat, idOf(ofKim, 'Sam Alder'))).toBe(404);
    expect(await end(kim, idOf(ofKim, 'Sam Alder'))).toBe(204);
    expect([await isIn(sam), await isIn(pat), await isIn(kim)]).toEqual([false, true, true]);
    expect(await audited('session.end', 'user:kim@example.com')).toEqual([
      {
        org: 'org-alder',
        subject: `session:${idOf(ofKim, 'Sam Alder')}`,
        details: expect.objectContaining({ name: 'Sam Alder' }) as unknown,
      },
    ]);
  });
});
