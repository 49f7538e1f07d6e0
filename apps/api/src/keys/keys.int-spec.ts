import { NOW, seedTagged, startApi, type ApiFixture } from '../api.fixture.js';

interface KeyAnswer {
  readonly id: string;
  readonly key: string;
  readonly last_used_at: string | null;
}

describe('API keys', () => {
  let fixture: ApiFixture;
  let admin: string;

  beforeAll(async () => {
    fixture = await startApi({ burst: 20 });
    await seedTagged(fixture.db, 'alder');
    await seedTagged(fixture.db, 'birch');
    admin = await fixture.key('admin', 'org-alder');
  });
  afterAll(() => fixture.close());

  const made = async (body: object): Promise<KeyAnswer> => {
    const answer = await fixture.call(admin, 'POST', '/v1/keys', body);
    expect(answer.status).toBe(201);
    return JSON.parse(answer.body) as KeyAnswer;
  };
  const statusWith = async (key: string): Promise<number> => (await fixture.call(key, 'GET', '/v1/orgs')).status;

  it('opens until it is revoked, and is shown once', async () => {
    const { id, key } = await made({ name: 'grafana', role: 'viewer', orgs: ['org-alder'] });
    expect(await statusWith(key)).toBe(200);
    const list = await fixture.call(admin, 'GET', '/v1/keys');
    expect(list.body).toContain(id);
    // The secret part may hold underscores itself.
    const secret = key.slice(`mw_${id}_`.length);
    expect(secret).toHaveLength(43);
    expect(list.body).not.toContain(secret);
    const stored = await fixture.db.query<{ row: string }>('select k::text as row from api_key k');
    expect(stored.filter(({ row }) => row.includes(secret))).toEqual([]);
    expect((await fixture.call(admin, 'DELETE', `/v1/keys/${id}`)).status).toBe(204);
    expect((await fixture.call(admin, 'DELETE', `/v1/keys/${id}`)).status).toBe(204);
    expect(await statusWith(key)).toBe(401);
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
    const answer = await fixture.call(admin, 'POST', '/v1/keys', { name: 'x', role: 'viewer', orgs: ['org-birch'] });
    expect(answer.status).toBe(400);
    const shared = (await fixture.key('viewer', 'org-alder', 'org-birch')).split('_')[1] ?? '';
    expect((await fixture.call(admin, 'GET', '/v1/keys')).body).not.toContain(shared);
    expect((await fixture.call(admin, 'DELETE', `/v1/keys/${shared}`)).status).toBe(404);
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
