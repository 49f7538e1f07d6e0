import { JobPublisher } from '@app/shared';
import { waitFor } from '@app/testing';
import { NOW, seedAlder, seedTagged, startApi, type ApiFixture } from '../api.fixture.js';

const HOUR_MS = 3_600_000;
const MAINTENANCE = '/v1/orgs/org-alder/maintenance';
const WAITING = `select 1 from pg_locks l join pg_database d on d.oid = l.database where d.datname = current_database() and not l.granted`;
const windowBody = (name: string) => ({ name, scope: 'org', from: '2026-03-02T00:00:00Z', to: '2026-03-02T02:00:00Z' });

describe('changes sent with an Idempotency-Key', () => {
  let fixture: ApiFixture;
  let admin: string;
  let alertId: number;

  beforeAll(async () => {
    fixture = await startApi();
    alertId = await seedAlder(fixture.db);
    await seedTagged(fixture.db, 'birch');
    admin = await fixture.key('admin', 'org-alder');
  });
  afterAll(() => fixture.close());
  beforeEach(() => fixture.clock.set(NOW));

  const send = (url: string, idempotencyKey: string, body?: object, options: { key?: string; method?: 'POST' | 'DELETE' } = {}) =>
    fixture.api.app.inject({
      method: options.method ?? 'POST',
      url,
      headers: { authorization: `Bearer ${options.key ?? admin}`, 'idempotency-key': idempotencyKey },
      ...(body === undefined ? {} : { payload: body }),
    });
  const windowsNamed = async (name: string): Promise<number> =>
    (await fixture.db.query('select 1 from maintenance where name = $1', [name])).length;
  const answersOf = (key: string) => fixture.db.query('select status, jobs from idempotent_answer where key = $1', [key]);

  it('are made once and answered alike for a day', async () => {
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push(await send(MAINTENANCE, 'once', windowBody('once')));
    expect(answers.map(({ statusCode, body }) => [statusCode, body])).toEqual(Array(3).fill([200, answers[0]?.body]));
    expect(answers.map(({ headers }) => headers['idempotent-replayed'])).toEqual([undefined, 'true', 'true']);
    expect(await windowsNamed('once')).toBe(1);
    fixture.clock.set(NOW + 24 * HOUR_MS);
    expect((await send(MAINTENANCE, 'once', windowBody('once'))).headers['idempotent-replayed']).toBeUndefined();
    expect(await windowsNamed('once')).toBe(2);
  });

  it('are refused when the key was used for something else', async () => {
    await send(MAINTENANCE, 'reused', windowBody('reused'));
    const other = await send(MAINTENANCE, 'reused', windowBody('other'));
    expect([other.statusCode, other.json<{ type: string }>().type]).toEqual([422, '/problems/idempotency-key-reused']);
    expect(await windowsNamed('other')).toBe(0);
  });

  it('are told apart by caller and route', async () => {
    const second = await fixture.key('admin', 'org-alder');
    await send(MAINTENANCE, 'shared', windowBody('shared'));
    await send(MAINTENANCE, 'shared', windowBody('shared'), { key: second });
    expect(await windowsNamed('shared')).toBe(2);
    const note = await send(`/v1/orgs/org-alder/alerts/${String(alertId)}/notes`, 'shared', { text: 'seen' });
    expect(note.statusCode).toBe(200);
  });

  it('are refused while the same is under way', async () => {
    let first: ReturnType<typeof send> | undefined;
    await fixture.db.transaction(async (tx) => {
      await tx.query('lock table maintenance in exclusive mode');
      first = send(MAINTENANCE, 'busy', windowBody('busy'));
      await waitFor(async () => (await fixture.db.query(WAITING)).length > 0, { describe: 'the first to wait for the table' });
      const second = await send(MAINTENANCE, 'busy', windowBody('busy'));
      expect([second.statusCode, second.headers['retry-after']]).toEqual([409, '1']);
    });
    expect((await first)?.statusCode).toBe(200);
    expect(await windowsNamed('busy')).toBe(1);
  });

  it('leave nothing when they fail, and may be sent again', async () => {
    // The answer cannot be stored, so that what came before it is taken back too.
    await fixture.db.query(`alter table idempotent_answer add constraint broken check (key <> 'half')`);
    expect((await send(MAINTENANCE, 'half', windowBody('half'))).statusCode).toBe(500);
    expect(await windowsNamed('half')).toBe(0);
    expect(await fixture.db.query(`select 1 from audit where details::text like '%half%'`)).toEqual([]);
    await fixture.db.query('alter table idempotent_answer drop constraint broken');
    expect((await send(MAINTENANCE, 'half', windowBody('half'))).statusCode).toBe(200);
    expect((await send(MAINTENANCE, 'wrong', { ...windowBody('wrong'), to: 'never' })).statusCode).toBe(400);
    expect((await send(MAINTENANCE, 'wrong', windowBody('wrong'))).statusCode).toBe(200);
  });

  it('publish their jobs once committed, and again when nobody confirmed that', async () => {
    const url = '/v1/orgs/org-alder/collection/run';
    const depth = async (): Promise<number> => {
      const { body } = await fixture.call(null, 'GET', '/metrics');
      return Number(/mistwatch_queue_depth\{[^}]*queue="collect"[^}]*\} (\d+)/.exec(body)?.[1]);
    };
    expect((await send(url, 'run', { kinds: ['wan-ports'] })).statusCode).toBe(202);
    expect([await depth(), await answersOf('run')]).toEqual([1, [{ status: 202, jobs: null }]]);
    await send(url, 'run', { kinds: ['wan-ports'] });
    expect(await depth()).toBe(1);
    const job = { name: 'collect-kind', payload: { orgId: 'org-alder', kind: 'wan-ports', reason: 'now' }, options: {} };
    await fixture.db.query(`update idempotent_answer set jobs = $1 where key = 'run'`, [JSON.stringify([job])]);
    expect((await send(url, 'run', { kinds: ['wan-ports'] })).statusCode).toBe(202);
    expect([await depth(), await answersOf('run')]).toEqual([2, [{ status: 202, jobs: null }]]);
  });

  it('show a new key again to who made it, and nobody finds it in the database', async () => {
    const body = { name: 'portal', role: 'viewer', orgs: ['org-alder'] };
    const [first, again] = [await send('/v1/keys', 'key', body), await send('/v1/keys', 'key', body)];
    expect([first.statusCode, again.statusCode, again.body]).toEqual([201, 201, first.body]);
    const secret = first.json<{ key: string }>().key.slice(20);
    const [stored] = await fixture.db.query<{ body: Buffer }>(`select body from idempotent_answer where key = 'key'`);
    expect(stored?.body.includes(secret)).toBe(false);
    const { id } = first.json<{ id: string }>();
    const revoked = [];
    for (let i = 0; i < 2; i++) revoked.push(await send(`/v1/keys/${id}`, 'revoke', undefined, { method: 'DELETE' }));
    expect(revoked.map(({ statusCode, body: text }) => [statusCode, text])).toEqual([
      [204, ''],
      [204, ''],
    ]);
  });

  it.each(['', 'with space', 'x'.repeat(256), 'ü'])('refuses the key %j', async (key) => {
    const answer = await send(MAINTENANCE, key, windowBody('refused'));
    expect([answer.statusCode, answer.json<{ errors: { field: string }[] }>().errors[0]?.field]).toEqual([
      400,
      'Idempotency-Key',
    ]);
  });
});

it('changes sent with an Idempotency-Key succeed while the queue is away if what they publish is done without it too, and keep that for the next time', async () => {
  const fixture = await startApi();
  try {
    const alert = `/v1/orgs/org-alder/alerts/${String(await seedAlder(fixture.db))}/ack`;
    const key = await fixture.key('admin', 'org-alder');
    await fixture.api.app.get(JobPublisher, { strict: false }).close();
    const statusOf = async (url: string, payload: object): Promise<number> => {
      const headers = { authorization: `Bearer ${key}`, 'idempotency-key': 'away' };
      return (await fixture.api.app.inject({ method: 'POST', url, headers, payload })).statusCode;
    };
    expect([await statusOf(alert, {}), await statusOf(alert, {})]).toEqual([200, 200]);
    expect(await statusOf('/v1/orgs/org-alder/collection/run', { kinds: ['wan-ports'] })).toBe(503);
    const kept = await fixture.db.query(
      `select jobs->0->>'name' as job, jsonb_array_length(jobs) as jobs from idempotent_answer order by 1`,
    );
    expect(kept).toEqual([
      { job: 'collect-kind', jobs: 1 },
      { job: 'drain-outbox', jobs: 1 },
    ]);
  } finally {
    await fixture.close();
  }
});
