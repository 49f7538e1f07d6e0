import { NOW } from '../api.fixture.js';
import { SESSION_COOKIE } from './cookies.js';
import { startLoginWorld, OURS, type LoginWorld } from './login.fixture.js';
import type { Browser, Page } from './browser.fixture.js';

const MINUTE_MS = 60_000;

let world: LoginWorld;
beforeAll(async () => {
  world = await startLoginWorld();
});
afterAll(() => world.close());
beforeEach(() => {
  world.fixture.clock.set(NOW);
  Object.assign(world.provider, { skewMs: 0, isDown: false });
});

const problemOf = ({ status, body }: Page): string => {
  const { type, detail = '' } = JSON.parse(body) as { type: string; detail?: string };
  return `${String(status)} ${type} ${detail}`;
};
/** Every way that fails leaves nobody logged in. */
async function refused(browser: Browser, address: string): Promise<string> {
  const page = await browser.open(address);
  expect([page.location, browser.cookie(SESSION_COOKIE)]).toEqual([null, undefined]);
  return problemOf(page);
}
const withParameter = (address: string, name: string, value: string | null): string => {
  const url = new URL(address);
  if (value === null) url.searchParams.delete(name);
  else url.searchParams.set(name, value);
  return url.href;
};

it('lives without the provider, says that it is away, and asks again the next time', async () => {
  const browser = world.browser();
  world.provider.isDown = true;
  const page = await browser.open('/v1/login');
  expect([problemOf(page), page.retryAfter]).toEqual([
    expect.stringMatching(/^503 \/problems\/unavailable The login provider/),
    '5',
  ]);
  expect((await browser.open('/health/live')).status).toBe(200);
  world.provider.isDown = false;
  expect((await browser.open('/v1/login')).status).toBe(303);
});

it('leads a person to the provider and back with a session', async () => {
  const browser = world.browser();
  const begun = await browser.open('/v1/login?return_to=/v1/me%3Ffields=actor');
  const asked = new URL(begun.location ?? '').searchParams;
  expect(Object.fromEntries(asked)).toEqual({
    client_id: 'mistwatch',
    response_type: 'code',
    redirect_uri: `${OURS}/v1/login/callback`,
    scope: 'openid profile email groups',
    code_challenge_method: 'S256',
    code_challenge: expect.stringMatching(/^.{43}$/) as unknown,
    state: expect.stringMatching(/^.{43}$/) as unknown,
    nonce: expect.stringMatching(/^.{43}$/) as unknown,
  });
  expect(begun.setCookies).toEqual([
    expect.stringMatching(/^__Host-mistwatch_login_[\w-]{12}=[\w-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/),
  ]);
  const callback = await world.until(browser, 'sam', begun.location ?? '');
  const back = await browser.open(callback);
  expect([back.status, back.location]).toEqual([303, `${OURS}/v1/me?fields=actor`]);
  expect(back.setCookies.map((line) => line.replace(/=[\w-]{43};/, '=SECRET;'))).toEqual([
    expect.stringMatching(
      /^__Host-mistwatch_login_[\w-]{12}=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax$/,
    ),
    '__Host-mistwatch_session=SECRET; Max-Age=43200; Path=/; HttpOnly; Secure; SameSite=Lax',
  ]);
  expect(JSON.parse((await browser.open(back.location ?? '')).body)).toEqual({ actor: 'user:sam@example.com' });
});

it.each(['https://evil.example.com', '//evil.example.com', '/\\evil.example.com', '/.//evil.example.com', 'sites', ''])(
  'does not lead to %j afterwards',
  async (path) => {
    const page = await world.browser().open(`/v1/login?return_to=${encodeURIComponent(path)}`);
    expect([page.status, page.location, page.setCookies, page.body.includes('"field":"return_to"')]).toEqual([
      400,
      null,
      [],
      true,
    ]);
  },
);

describe('what comes back is refused', () => {
  it('in another browser than the login was begun in, which spoils nothing for the right one', async () => {
    const [victim, attacker] = [world.browser(), world.browser()];
    const callback = await world.until(attacker, 'sam');
    expect(await refused(victim, callback)).toContain('400 /problems/invalid-request This login was not begun in this browser');
    const own = await world.until(victim, 'kim');
    const state = new URL(own).searchParams.get('state') ?? '';
    expect(await refused(victim, withParameter(callback, 'state', state))).toContain('The code of the login does not hold');
    expect((await attacker.open(callback)).status).toBe(303);
  });

  it('the second time, even when the cookie is there again', async () => {
    const browser = world.browser();
    const callback = await world.until(browser, 'sam');
    const before = browser.cookies;
    expect((await browser.open(callback)).status).toBe(303);
    expect(problemOf(await browser.open(callback))).toContain('400 /problems/invalid-request This login was not begun');
    browser.cookies = before;
    expect(await refused(browser, callback)).toContain('400 /problems/invalid-request The code of the login does not hold');
  });

  it.each([
    ['another state', 'state', 'x'.repeat(43), 'This login was not begun in this browser'],
    ['no state', 'state', null, 'This login was not begun in this browser'],
    ['another code', 'code', 'x'.repeat(43), 'The code of the login does not hold'],
    ['no code', 'code', null, ''],
    ['the name of another provider', 'iss', 'https://evil.example.com', 'What the login provider sent is not what was asked for'],
    ['no name of the provider', 'iss', null, 'What the login provider sent is not what was asked for'],
    ['an id token that nobody asked for', 'id_token', 'x.y.z', ''],
  ])('with %s', async (_what, name, value, detail) => {
    const browser = world.browser();
    const callback = await world.until(browser, 'sam');
    expect(await refused(browser, withParameter(callback, name, value))).toContain(`400 /problems/invalid-request ${detail}`);
  });

  it('with a part of the state only, or the state twice', async () => {
    const browser = world.browser();
    const callback = await world.until(browser, 'sam');
    const state = new URL(callback).searchParams.get('state') ?? '';
    expect(await refused(browser, withParameter(callback, 'state', `${state.slice(0, 12)}${'x'.repeat(31)}`))).toContain('400');
    const again = await world.until(browser, 'sam');
    expect(await refused(browser, `${again}&state=${state}`)).toContain('400');
  });

  it('with a token for another nonce', async () => {
    const browser = world.browser();
    const { location } = await browser.open('/v1/login');
    const callback = await world.until(browser, 'sam', withParameter(location ?? '', 'nonce', 'of-somebody-else'));
    expect(await refused(browser, callback)).toContain('400 /problems/invalid-request What the login provider sent');
  });

  it('after more than ten minutes', async () => {
    const browser = world.browser();
    const callback = await world.until(browser, 'sam');
    world.fixture.clock.set(NOW + 10 * MINUTE_MS + 1);
    expect(await refused(browser, callback)).toContain('took longer than ten minutes');
  });

  it('from a provider whose clock is far behind, not from one a little behind', async () => {
    const browser = world.browser();
    const callback = await world.until(browser, 'sam');
    // Its tokens live for a minute, and half a minute is forgiven.
    world.provider.skewMs = -2 * MINUTE_MS;
    expect(await refused(browser, callback)).toContain('400 /problems/invalid-request What the login provider sent');
    const again = await world.until(browser, 'sam');
    world.provider.skewMs = -80_000;
    expect((await browser.open(again)).status).toBe(303);
  });

  it('when the person declined, or the provider says an error of its own', async () => {
    const browser = world.browser();
    const declined = await world.until(browser, null);
    expect(await refused(browser, declined)).toBe(
      '403 /problems/forbidden The login provider refused: access_denied. Begin again at /v1/login.',
    );
    for (const [error, status] of [
      ['server_error', 503],
      ['<script>alert(1)</script>', 403],
    ] as const) {
      const callback = withParameter(await world.until(browser, null), 'error', error);
      const told = await refused(browser, callback);
      expect([told.startsWith(String(status)), told.includes('script')]).toEqual([true, false]);
    }
  });

  it('with a page, in a browser', async () => {
    const browser = world.browser();
    const page = await browser.open(await world.until(browser, null), { headers: { accept: 'text/html,*/*;q=0.8' } });
    expect([page.status, page.body.includes('access_denied'), page.body.startsWith('<!doctype html>')]).toEqual([
      403,
      true,
      true,
    ]);
    const strange = await browser.open('/v1/login?return_to=//x', { headers: { accept: 'text/html' } });
    expect([strange.status, strange.body.includes('must be a path of ours')]).toEqual([400, true]);
  });

  it('while the provider is away, and taken when it is back', async () => {
    const browser = world.browser();
    const callback = await world.until(browser, 'sam');
    world.provider.isDown = true;
    expect(await refused(browser, callback)).toContain('503 /problems/unavailable');
    world.provider.isDown = false;
    expect((await world.logIn(browser, 'sam')).status).toBe(200);
  });

  it('of somebody who has no role, which the audit log says; who was logged in before is no longer', async () => {
    const browser = await world.person('sam');
    const ofSam = browser.cookies.filter(({ host }) => host === new URL(OURS).host);
    browser.cookies = ofSam;
    expect(await refused(browser, await world.until(browser, 'lou'))).toContain('403 /problems/forbidden You are who you say');
    expect(
      await world.fixture.db.query(
        `select org_id, actor, subject, details->>'address' as address from audit where action = 'login.refuse'`,
      ),
    ).toEqual([{ org_id: null, actor: 'user:lou@example.com', subject: 'user:lou@example.com', address: browser.address }]);
    browser.cookies = ofSam;
    expect((await browser.open('/v1/me')).status).toBe(401);
  });
});

it('keeps the logins of two tabs apart, and few of them', async () => {
  const browser = world.browser();
  const [first, second] = [
    await world.until(browser, 'sam', '/v1/login?return_to=/a'),
    await world.until(browser, 'sam', '/v1/login?return_to=/b'),
  ];
  expect([(await browser.open(second)).location, (await browser.open(first)).location]).toEqual([`${OURS}/b`, `${OURS}/a`]);
  for (let i = 0; i < 9; i++) await browser.open('/v1/login');
  expect(browser.cookies.filter(({ name }) => name.includes('login')).length).toBeLessThanOrEqual(5);
});

it('makes a session that nobody could know before, and ends the one that was there', async () => {
  const browser = await world.person('sam');
  const before = { host: new URL(OURS).host, name: SESSION_COOKIE, value: browser.cookie(SESSION_COOKIE) ?? '', path: '/' };
  await world.logIn(browser, 'sam');
  expect(browser.cookie(SESSION_COOKIE)).not.toBe(before.value);
  expect((await browser.open('/v1/me')).status).toBe(200);
  const attacker = world.browser();
  for (const value of [before.value, 'A'.repeat(43), '', 'x']) {
    attacker.cookies = [{ ...before, value }];
    expect((await attacker.open('/v1/me')).status).toBe(401);
  }
});

it('takes so many logins from one address, and others from others', async () => {
  const browser = world.browser();
  const statuses = [];
  for (let i = 0; i < 61; i++) statuses.push((await browser.open('/v1/login')).status);
  expect(statuses).toEqual([...Array<number>(60).fill(303), 429]);
  expect(problemOf(await browser.open('/v1/login/callback?state=x'))).toContain('429');
  expect((await world.browser().open('/v1/login')).status).toBe(303);
});
