import type { ApiClient } from '@app/client';
import { NOW, seedTagged, startApi, type ApiFixture } from '../api.fixture.js';

describe('API keys', () => {
  let fixture: ApiFixture;
  let admin: string;
  let client: ApiClient;

  beforeAll(async () => {
    fixture = await startApi({ burst: 20 });
    await seedTagged(fixture.db, 'alder');
    await seedTagged(fixture.db, 'birch');
    admin = await fixture.key('admin', 'org-alder');
    client = await fixture.client(admin);
  });
  afterAll(() => fixture.close());

  const made = async (body: { name: string; role: 'viewer'; orgs: string[]; expires_at?: string }) => {
    const { data, response } = await client.POST('/v1/keys', { body });
    expect(response.status).toBe(201);
    if (data === undefined) throw new Error('No key was made.');
    return data;
  };
  const revoked = async (key: string): Promise<number> =>
    (await client.DELETE('/v1/keys/{key}', { params: { path: { key } } })).response.status;
  const statusWith = async (key: string): Promise<number> => (await fixture.call(key, 'GET', '/v1/orgs')).status;

  it('opens until it is revoked, and is shown once', async () => {
    const { id, key } = await made({ name: 'grafana', role: 'viewer', orgs: ['org-alder'] });
    expect(await statusWith(key)).toBe(200);
    const { data: list } = await client.GET('/v1/keys');
    expect(list?.items.map((each) => each.id)).toContain(id);
    // The secret part may hold underscores itself.
    const secret = key.slice(`mw_${id}_`.length);
    expect(secret).toHaveLength(43);
    expect(JSON.stringify(list)).not.toContain(secret);
    const stored = await fixture.db.query<{ row: string }>('select k::text as row from api_key k');
    expect(stored.filter(({ row }) => row.includes(secret))).toEqual([]);
    expect([await revoked(id), await revoked(id)]).toEqual([204, 204]);
    expect(await statusWith(key)).toBe(401);
    const told = await fixture.db.query(`select actor from audit where action = 'key.revoke' and subject = $1`, [id]);
    expect(told).toEqual([{ actor: `key:${admin.split('_')[1] ?? ''}` }]);
  });

  it('is found by who made it', async () => {
    const maker = await fixture.key('admin', 'org-alder');
    const actor = `key:${maker.split('_')[1] ?? ''}`;
    const body = { name: 'theirs', role: 'viewer', orgs: ['org-alder'] };
    const { id } = JSON.parse((await fixture.call(maker, 'POST', '/v1/keys', body)).body) as { id: string };
    const of = async (createdBy: string): Promise<unknown> =>
      JSON.parse((await fixture.call(maker, 'GET', `/v1/keys?created_by=${createdBy}`)).body);
    expect(await of(actor)).toMatchObject({ items: [{ id, created_by: actor }] });
    expect(await of('user:nobody@example.com')).toEqual({ items: [], next_cursor: null });
  });

  it('ends at its expiry', async () => {
    const { key } = await made({
      name: 'short',
      role: 'viewer',
      orgs: ['org-alder'],
      expires_at: new Date(NOW + 60_000).toISOString(),
    });
    expect(await statusWith(key)).toBe(200);
    fixture.clock.set(NOW + 60_000);
    expect(await statusWith(key)).toBe(401);
  });

  it('reaches no organization that its maker does not reach', async () => {
    const { error } = await client.POST('/v1/keys', { body: { name: 'x', role: 'viewer', orgs: ['org-birch'] } });
    expect(error).toMatchObject({ type: '/problems/invalid-request', status: 400, errors: [{ field: 'orgs' }] });
    const shared = (await fixture.key('viewer', 'org-alder', 'org-birch')).split('_')[1] ?? '';
    expect((await fixture.call(admin, 'GET', '/v1/keys')).body).not.toContain(shared);
    expect(await revoked(shared)).toBe(404);
  });

  it('is limited to site groups that are there, some of each of its organizations', async () => {
    await fixture.db.query(
      `insert into site_group (org_id, external_id, name) select id, 'group-1', 'Group of alder' from org where external_id = 'org-alder'`,
    );
    const both = await fixture.key('admin', 'org-alder', 'org-birch');
    const make = (orgs: string[], site_groups: string[]) =>
      fixture.call(both, 'POST', '/v1/keys', { name: 'region', role: 'admin', orgs, site_groups });
    const faultOf = async (orgs: string[], groups: string[]): Promise<unknown> =>
      (JSON.parse((await make(orgs, groups)).body) as { errors?: unknown }).errors;
    expect(await faultOf(['org-alder'], ['group-1', 'group-2'])).toEqual([
      { field: 'site_groups', message: 'There is no site group "group-2". Known: group-1 (Group of alder).' },
    ]);
    expect(await faultOf(['org-birch'], ['group-1'])).toEqual([
      {
        field: 'site_groups',
        message: `There is no site group "group-1". None is known yet: Mist's site groups come with the inventory, once an hour.`,
      },
    ]);
    expect(await faultOf(['org-alder', 'org-birch'], ['group-1'])).toEqual([
      {
        field: 'site_groups',
        message: 'None of the site groups belongs to the organization "org-birch": name one of its own, or leave it out.',
      },
    ]);
    expect((await make(['org-alder'], [])).status).toBe(400);
    const { id, key, ...limited } = JSON.parse((await make(['org-alder'], ['group-1'])).body) as Record<string, string>;
    expect(limited).toMatchObject({ orgs: ['org-alder'], site_groups: ['group-1'] });
    expect((await fixture.call(both, 'GET', '/v1/keys')).body).toContain('"site_groups":["group-1"]');
    expect(await fixture.db.query(`select details from audit where subject = $1`, [id])).toEqual([
      { details: { name: 'region', role: 'admin', siteGroups: ['group-1'] } },
    ]);
    const theft = { name: 'whole', role: 'admin', orgs: ['org-alder'] };
    for (const body of [theft, { ...theft, site_groups: ['group-1'] }]) {
      const { status, body: told } = await fixture.call(key ?? null, 'POST', '/v1/keys', body);
      expect([status, told]).toEqual([403, expect.stringContaining('Your key is limited to site groups')]);
    }
    expect((await fixture.call(key ?? null, 'DELETE', `/v1/keys/${String(id)}`)).status).toBe(403);
  });

  it('is the only way in where login is not set up', async () => {
    for (const path of ['/v1/login', '/v1/login/callback?state=x&code=y']) {
      const { status, body } = await fixture.call(null, 'GET', path);
      expect([status, body]).toEqual([404, expect.stringContaining('Login is not set up here')]);
    }
    const headers = { cookie: `__Host-mistwatch_session=${'A'.repeat(43)}` };
    expect((await fixture.api.app.inject({ url: '/v1/me', headers })).statusCode).toBe(401);
  });

  it('remembers its last use by the minute', async () => {
    const key = await fixture.key('viewer', 'org-alder');
    const lastUsed = async () => {
      const [row] = await fixture.db.query<{ at: Date }>('select last_used_at as at from api_key where id = $1', [
        key.split('_')[1],
      ]);
      return row?.at.getTime();
    };
    const start = NOW + 3_600_000;
    fixture.clock.set(start);
    await statusWith(key);
    fixture.clock.set(start + 59_000);
    await statusWith(key);
    expect(await lastUsed()).toBe(start);
    fixture.clock.set(start + 60_000);
    await statusWith(key);
    expect(await lastUsed()).toBe(start + 60_000);
  });

  it('is slowed down alone when it asks too often', async () => {
    const [busy, calm] = [await fixture.key('viewer', 'org-alder'), await fixture.key('viewer', 'org-alder')];
    const statuses = [];
    for (let i = 0; i < 21; i++) statuses.push(await statusWith(busy));
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    const refused = await fixture.call(busy, 'GET', '/v1/orgs');
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
    expect(await statusWith(calm)).toBe(200);
    fixture.clock.advance(1_000);
    expect(await statusWith(busy)).toBe(200);
  });
});
