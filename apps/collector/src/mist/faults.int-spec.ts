import 'reflect-metadata';
import { startMistCloud, type FaultRule, type MistCloud } from '@app/mist-cloud';
import { PermanentError, TransientError, type Clock } from '@app/shared';
import { ManualClock } from '@app/testing';
import { startRig, type Rig } from '../testing/rig.fixture.js';
import { MistClient } from './mist.client.js';
import { linkedPages, numberedPages, type Rows } from './paging.js';
import { TokenBudget } from './token-budget.repository.js';
import { tokensOf, type BudgetScope } from './token.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const QUICK = { attempts: 4, firstMs: 10, maxMs: 40 };

let rig: Rig;
let cloud: MistCloud;
beforeEach(async () => {
  rig = await startRig();
  cloud = await startMistCloud({ orgs: [{ tokens: ['first-token', 'second-token'], sites: 40 }] });
  cloud.clock.advance(10 * HOUR_MS + 45 * MINUTE_MS);
});
afterEach(async () => {
  await cloud.close();
  await rig.stop();
});

const clientWith = (
  tokens: readonly string[] = ['first-token'],
  callLimit = 4000,
  scope: BudgetScope = 'token',
  timeoutMs = 10_000,
  clock: Clock = cloud.clock,
): MistClient =>
  new MistClient({
    baseUrl: cloud.url,
    tokens: tokensOf({ baseUrl: cloud.url, id: null, tokens }, scope),
    timeoutMs,
    backoff: QUICK,
    callLimit,
    budget: new TokenBudget(rig.database),
    clock,
    random: () => 0.5,
    signal: null,
  });

const orgPath = (tail: string): string => `/api/v1/orgs/${cloud.orgs[0]?.id ?? ''}${tail}`;

/** Gives up on a call soon, for answers that never come. */
const impatient = (): MistClient => clientWith(undefined, undefined, undefined, 400);

async function all(pages: AsyncGenerator<Rows>): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const page of pages) rows.push(...page);
  return rows;
}
const sites = (client = clientWith(), pageSize = 1000): Promise<unknown[]> =>
  all(numberedPages(client, { path: orgPath('/sites'), pageSize }));
const ports = (client = clientWith(), pageSize = 50): Promise<unknown[]> =>
  all(linkedPages(client, { path: orgPath('/stats/ports/search'), query: { type: 'gateway' }, pageSize }));

describe('paging', () => {
  it.each([1, 7, 20, 40, 1000])('reads all sites with %d a page', async (pageSize) => {
    expect(await sites(clientWith(), pageSize)).toHaveLength(40);
  });

  it.each([2, 4, 50])('reads %d pages at once and gives them in their order', async (concurrency) => {
    const listing = { path: orgPath('/sites'), pageSize: 3 };
    const ahead = await all(numberedPages(clientWith(), listing, { concurrency }));
    expect(cloud.requests.count(/sites/)).toBe(14);
    expect(ahead).toEqual(await sites(clientWith(), 3));
  });

  it('ends no earlier than the pages it began, when one of them fails', async () => {
    const client = clientWith(undefined, 4);
    const pages = numberedPages(client, { path: orgPath('/sites'), pageSize: 3 }, { concurrency: 6 });
    await expect(all(pages)).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    expect([client.calls, cloud.requests.count(/sites/)]).toEqual([4, 4]);
  });

  it('follows next to the last page', async () => {
    const rows = await ports(clientWith(), 1000);
    expect(await ports(clientWith(), 17)).toEqual(rows);
    expect(cloud.requests.count(/ports/)).toBe(1 + Math.ceil(rows.length / 17));
  });

  it('stops when a cursor repeats, and says so', async () => {
    cloud.faults.add({ kind: 'repeat-cursor' });
    await expect(ports()).rejects.toMatchObject({ code: 'MIST_CURSOR_REPEATS' });
    expect(cloud.requests.count(/ports/)).toBe(1);
  });

  it('takes the token to no other host', () => {
    expect(() => clientWith().follow('https://elsewhere.example/api/v1/x')).toThrow(PermanentError);
    expect(() => clientWith().follow('//elsewhere.example/api/v1/x')).toThrow(/stays here/);
    expect(clientWith().follow('/api/v1/x?search_after=%5B1%5D').href).toBe(`${cloud.url}/api/v1/x?search_after=%5B1%5D`);
  });
});

describe('what goes wrong for a while', () => {
  const passing: FaultRule[] = [
    { kind: '500', times: 2 },
    { kind: 'html', times: 2 },
    { kind: 'reset', times: 2 },
    { kind: 'timeout', times: 1 },
    { kind: 'stall', times: 1 },
    { kind: 'slow', delayMs: 50 },
  ];
  it.each(passing)('is outlived: $kind', async (fault) => {
    cloud.faults.add(fault);
    expect(await sites(impatient())).toHaveLength(40);
  });

  it.each([
    ['500', 'MIST_SERVER_ERROR'],
    ['html', 'MIST_NOT_JSON'],
    ['reset', 'MIST_UNREACHABLE'],
    ['timeout', 'MIST_TIMEOUT'],
    ['stall', 'MIST_TIMEOUT'],
  ] as const)('ends after four attempts when it lasts: %s', async (kind, code) => {
    cloud.faults.add({ kind });
    const failure: unknown = await sites(impatient()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TransientError);
    expect(failure).toMatchObject({ code });
    expect(cloud.requests.count(/sites/)).toBe(4);
  });
});

describe('401 and 403', () => {
  it.each([
    ['401', 'MIST_UNAUTHORIZED'],
    ['403', 'MIST_FORBIDDEN'],
  ] as const)('%s is not tried again', async (kind, code) => {
    cloud.faults.add({ kind });
    const failure: unknown = await sites().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PermanentError);
    expect(failure).toMatchObject({ code });
    expect(String(failure)).not.toContain('first-token');
    expect(cloud.requests.count(/sites/)).toBe(1);
  });

  it('the second token steps in', async () => {
    cloud.faults.add({ kind: '401', token: 'first-token' });
    expect(await sites(clientWith(['first-token', 'second-token']))).toHaveLength(40);
  });
});

describe('429', () => {
  it('parks the token for every collector as long as Retry-After says', async () => {
    cloud.faults.add({ kind: '429', times: 1, retryAfterSeconds: 120 });
    await expect(sites()).rejects.toMatchObject({ code: 'MIST_THROTTLED', retryAfterMs: 122_500 });
    await expect(sites()).rejects.toMatchObject({ code: 'MIST_THROTTLED' });
    expect(cloud.requests.count(/./)).toBe(1);
    cloud.clock.advance(122_500);
    expect(await sites()).toHaveLength(40);
  });

  it('asks the usage page when there is no Retry-After', async () => {
    cloud.faults.add({ kind: '429', times: 1 });
    await expect(sites()).rejects.toMatchObject({ code: 'MIST_THROTTLED', retryAfterMs: 15 * MINUTE_MS + 2_500 });
    expect(cloud.requests.count(/usage/)).toBe(1);
  });

  it('waits for the top of the hour when nobody says how long', async () => {
    cloud.faults.add({ kind: '429' });
    await expect(sites()).rejects.toMatchObject({ code: 'MIST_THROTTLED', retryAfterMs: 15 * MINUTE_MS + 2_500 });
    expect(cloud.requests.count(/./)).toBe(2);
  });

  it.each([-10, 10])('lets the usage page correct a clock that is %d minutes off, either way', async (minutes) => {
    cloud.faults.add({ kind: '429', times: 1 });
    const clock = new ManualClock(cloud.clock.now() + minutes * MINUTE_MS);
    const off = clientWith(undefined, undefined, undefined, undefined, clock);
    await expect(sites(off)).rejects.toMatchObject({ code: 'MIST_THROTTLED', retryAfterMs: 15 * MINUTE_MS + 2_500 });
    expect(cloud.requests.count(/usage/)).toBe(1);
  });

  it('parks the token also when no call is left for the usage page', async () => {
    cloud.faults.add({ kind: '429', times: 1 });
    await expect(sites(clientWith(undefined, 1))).rejects.toMatchObject({
      code: 'MIST_THROTTLED',
      retryAfterMs: 15 * MINUTE_MS + 2_500,
    });
    await expect(sites()).rejects.toMatchObject({ code: 'MIST_THROTTLED' });
    expect(cloud.requests.count(/./)).toBe(1);
  });

  it('lets the second token go on', async () => {
    cloud.faults.add({ kind: '429', token: 'first-token', retryAfterSeconds: 60 });
    expect(await sites(clientWith(['first-token', 'second-token']))).toHaveLength(40);
    expect(cloud.requests.count(/sites/, 'second-token')).toBe(1);
  });
});

describe('the budget', () => {
  it('is one for all clients of a token, counts every call, and takes back what was not called', async () => {
    const [a, b] = [clientWith(undefined, 10), clientWith(undefined, 10)];
    await a.reserve(6);
    await expect(b.reserve(6)).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED', retryAfterMs: 15 * MINUTE_MS });
    await sites(a);
    await a.settle();
    expect(await b.remaining()).toBe(9);
    await sites(b, 4).catch(() => undefined);
    expect(cloud.requests.count(/sites/)).toBe(10);
  });

  it('is one for both tokens where Mist counts by org', async () => {
    const both = ['first-token', 'second-token'];
    await clientWith(both, 10, 'org').reserve(6);
    await expect(clientWith(both, 10, 'org').reserve(6)).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    await clientWith(both, 10, 'token').reserve(6);
    await clientWith(both, 10, 'token').reserve(6);
  });

  it('is never overdrawn by many at once', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => sites(clientWith(undefined, 12))));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(12);
    expect(cloud.requests.count(/sites/)).toBe(12);
  });
});
