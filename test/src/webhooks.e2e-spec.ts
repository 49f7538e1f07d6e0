import 'reflect-metadata';
import { createHmac } from 'node:crypto';
import { createApi, type RunningApi } from '@app/api';
import { waitFor } from '@app/testing';
import { World, TOKEN } from './world.js';

const MINUTE = 60_000;
const START = Date.UTC(2026, 2, 3, 8);
const at = (minutes: number, seconds = 0): number => START + minutes * MINUTE + seconds * 1000;
const SECRET = 'the-secret-of-the-hook';

interface GatewayRow {
  readonly model: string;
  readonly mac: string;
  readonly site_id: string;
}

let world: World;
let api: RunningApi;
/** A site whose gateway names its ports in the texts of events; others are polled at once instead. */
let site: number;
let mac: string;

async function mist<T>(path: string, body?: object): Promise<T> {
  const response = await fetch(`${world.cloud.url}/api/v1/orgs/${world.orgId}${path}`, {
    headers: { authorization: `Token ${TOKEN}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  return (await response.json()) as T;
}

const count = async (sql: string): Promise<number> =>
  (await world.database.query<{ n: number }>(`select count(*)::int as n from ${sql}`))[0]?.n ?? 0;
const mails = (): (string | undefined)[] => world.sink.mails.map(({ subject }) => subject);

/** Time passes in the cloud, which tells what happened meanwhile; nobody polls. */
async function pass(to: number): Promise<void> {
  await world.setTime(to);
  await world.cloud.flushWebhooks();
}

beforeAll(async () => {
  world = await World.start({
    startAt: START,
    sites: 4,
    orgLines: `    webhook: { secret: ${SECRET} }`,
    configuration: 'alerts:\n  groupWaitSeconds: 0\n  groupIntervalSeconds: 1\n',
  });
  api = await createApi({ runtime: world.runtime, logger: false });
  const gateways = await mist<GatewayRow[]>('/stats/devices?type=gateway&limit=100');
  const gateway = gateways.find(({ model }) => model === 'SRX320');
  mac = gateway?.mac ?? '';
  site = world.cloud.truth.sites(world.orgId).findIndex(({ siteId }) => siteId === gateway?.site_id);
  await world.live(START, at(10));
  const url = `${await api.listen(0, '127.0.0.1')}/v1/hooks/mist/${world.orgId}`;
  const topics = ['alarms', 'device-events', 'device-updowns'];
  await mist('/webhooks', { name: 'mistwatch', type: 'http-post', url, secret: SECRET, topics, enabled: true });
}, 240_000);

afterAll(async () => {
  await api.close();
  await world.stop();
});

it('a circuit that fails between two polls is told by mail, though nobody polls', async () => {
  const before = mails().length;
  world.cloud.scenario.add({ kind: 'circuit-down', site, from: at(11), to: at(40) });
  await pass(at(11, 5));
  await waitFor(() => mails().length > before, { timeoutMs: 30_000, describe: 'a mail about the circuit' });
  expect(mails().slice(before)).toEqual([expect.stringMatching(/down/i)]);
  expect(await count(`circuit where mac = '${mac}' and state = 'down'`)).toBe(1);
  expect(await count(`inbox where state = 'processed' and topic in ('device-events', 'alarms')`)).toBeGreaterThanOrEqual(2);
  expect(await count(`inbox where state <> 'processed'`)).toBe(0);
}, 60_000);

it('the poll that follows finds the same event and counts it once', async () => {
  const counts = async () => ({
    events: await count('device_event'),
    alerts: await count(`alert where rule = 'circuit-down'`),
    mails: mails().length,
  });
  const before = await counts();
  await world.live(at(15), at(20));
  expect(await count(`device_event where mac = '${mac}' and type = 'GW_PORT_DOWN'`)).toBe(1);
  expect(await count('port_event')).toBe(1);
  // That the site is on its backup follows from the mail that people have.
  expect(await count(`alert where rule = 'failover' and status = 'firing'`)).toBe(1);
  expect(await counts()).toEqual(before);
}, 120_000);

it('the same deliveries again change nothing', async () => {
  const tables = ['device_event', 'port_event', 'alert', 'alert_change', 'inbox', 'batch'];
  const counts = (): Promise<number[]> => Promise.all(tables.map(count));
  const before = await counts();
  const bodies = await world.database.query<{ body: Buffer }>('select body from inbox order by id desc');
  for (const { body } of bodies) {
    const answer = await api.app.inject({
      method: 'POST',
      url: `/v1/hooks/mist/${world.orgId}`,
      headers: { 'x-mist-signature-v2': createHmac('sha256', SECRET).update(body).digest('hex') },
      payload: body,
    });
    expect([answer.statusCode, answer.body]).toEqual([202, '{"stored":true,"is_repeat":true}']);
  }
  expect(await counts()).toEqual(before);
});

it('a poll repairs what no webhook told', async () => {
  const [hook] = await mist<{ id: string }[]>('/webhooks');
  await fetch(`${world.cloud.url}/api/v1/orgs/${world.orgId}/webhooks/${hook?.id ?? ''}`, {
    method: 'DELETE',
    headers: { authorization: `Token ${TOKEN}` },
  });
  const received = await count('inbox');
  await pass(at(41));
  await world.live(at(45), at(50));
  expect(await count('inbox')).toBe(received);
  expect(await count(`circuit where state = 'down'`)).toBe(0);
}, 120_000);
