import { createApiKey, endLoginSessions, revokeApiKey, storeLoginSession } from '@app/shared';
import { NOW, seedTagged, startApi, type ApiFixture } from '../api.fixture.js';
import { SESSION_COOKIE } from '../login/cookies.js';
import { EventReader } from './event-reader.spec-support.js';

const HOUR_MS = 3_600_000;
const IDLE_MINUTES = 30;
const ISSUER = 'https://login.example.com';
const LOGIN = {
  issuer: ISSUER,
  clientId: 'mistwatch',
  clientSecret: 'a secret of the client',
  publicUrl: 'https://mistwatch.example.com',
  sessionHours: 12,
  idleMinutes: IDLE_MINUTES,
  roles: [{ claim: 'groups', value: 'noc', role: 'viewer', orgs: ['org-alder'] }],
};

let fixture: ApiFixture;
let url: string;
let orgId: number;
beforeAll(async () => {
  fixture = await startApi({ live: { heartbeatMs: 50, pollMs: 1_000 }, yaml: JSON.stringify({ login: LOGIN }) });
  url = await fixture.api.listen(0, '127.0.0.1');
  orgId = (await seedTagged(fixture.db, 'alder')).orgId;
});
afterAll(() => fixture.close());

/** A way to call, and what takes it away. */
interface Way {
  readonly headers: Readonly<Record<string, string>>;
  readonly end: () => Promise<unknown>;
}
const pass = (ms: number): Promise<void> => Promise.resolve(fixture.clock.set(NOW + ms));

async function key(end: (id: string) => Promise<unknown>): Promise<Way> {
  const expiresAt = new Date(NOW + HOUR_MS);
  const made = await createApiKey(fixture.db, {
    name: 'wall',
    role: 'viewer',
    orgIds: ['org-alder'],
    now: new Date(NOW),
    actor: 'test',
    expiresAt,
  });
  return { headers: { authorization: `Bearer ${made.secret}` }, end: () => end(made.key.id) };
}

let sessions = 0;
async function session(end: (id: string) => Promise<unknown>): Promise<Way> {
  sessions += 1;
  const secret = String(sessions).padStart(43, 's');
  const { id } = await storeLoginSession(fixture.db, {
    issuer: ISSUER,
    subject: 'sam',
    name: 'Sam Alder',
    email: null,
    claims: { groups: ['noc'] },
    secret,
    sealedIdToken: Buffer.alloc(0),
    expiresAt: new Date(NOW + 12 * HOUR_MS),
    now: new Date(NOW),
  });
  return { headers: { cookie: `${SESSION_COOKIE}=${secret}` }, end: () => end(id) };
}

const WAYS: Readonly<Record<string, () => Promise<Way>>> = {
  'key is revoked': () =>
    key((id) => revokeApiKey(fixture.db, { id, orgIds: [orgId], now: new Date(fixture.clock.now()), actor: 'test' })),
  'key expires': () => key(() => pass(HOUR_MS)),
  'session is ended': () => session((id) => endLoginSessions(fixture.db, { id }, new Date(fixture.clock.now()))),
  // The stream is open all the time, and looked at many times: that is no use.
  'session is used by nothing else': () => session(() => pass(IDLE_MINUTES * 60_000)),
};

it.each(Object.keys(WAYS))('a stream ends when its %s', async (name) => {
  fixture.clock.set(NOW);
  const way = await WAYS[name]?.();
  if (way === undefined) throw new Error('There is no such way.');
  const { headers, end } = way;
  const reader = await EventReader.open(`${url}/v1/orgs/org-alder/events`, headers);
  await reader.ready();
  await pass(IDLE_MINUTES * 60_000 - 1);
  const heartbeats = (): number => reader.comments.split('heartbeat').length;
  const before = heartbeats();
  await reader.until('some looks at it', () => heartbeats() > before + 3);
  await end();
  await reader.until('the end', ({ isOver }) => isOver);
  expect(reader.comments).toContain('is no longer valid');
  for (const path of ['/v1/me', '/v1/orgs/org-alder/events'])
    expect([path, (await fetch(`${url}${path}`, { headers })).status]).toEqual([path, 401]);
});
