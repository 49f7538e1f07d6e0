import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplicationContext } from '@nestjs/common';
import { startMistCloud, type MistCloud } from '@app/mist-cloud';
import { openCollector, runtimeFor, startRig, type Rig } from '../testing/rig.fixture.js';
import { WebhookKeeper } from './webhook-keeper.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SECRET = 'a-secret-of-the-hook';

interface Hook {
  readonly id: string;
  readonly url: string;
  readonly secret: string | null;
  readonly enabled: boolean;
  readonly topics: readonly string[];
}

let rig: Rig;
let cloud: MistCloud;
let server: Server;
let url: string;
let received: string[];
const collectors: INestApplicationContext[] = [];

beforeEach(async () => {
  received = [];
  rig = await startRig();
  cloud = await startMistCloud({ orgs: 1, sitesPerOrg: 2 });
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push((JSON.parse(body) as { topic: string }).topic);
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/v1/hooks/mist/org-1`;
}, 60_000);
afterEach(async () => {
  for (const collector of collectors.splice(0)) await collector.close();
  server.close();
  await cloud.close();
  await rig.stop();
});

const org = () => cloud.orgs[0] ?? { id: '', token: '' };

async function open(webhook: { secret: string; url?: string; manage?: boolean } | null): Promise<WebhookKeeper> {
  const { id, token } = org();
  const entry = { id, token, baseUrl: cloud.url, ...(webhook === null ? {} : { webhook }) };
  const collector = await openCollector(runtimeFor(rig, cloud.clock, { orgs: [entry], collect: { timeoutMs: 1000 } }));
  collectors.push(collector);
  return collector.get(WebhookKeeper);
}
const managed = (secret = SECRET): Promise<WebhookKeeper> => open({ secret, url, manage: true });

async function api(method: string, path = '', body?: object): Promise<unknown> {
  const response = await fetch(`${cloud.url}/api/v1/orgs/${org().id}/webhooks${path}`, {
    method,
    headers: { authorization: `Token ${org().token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return response.json();
}
const hooks = async (): Promise<Hook[]> => (await api('GET')) as Hook[];
const state = async (): Promise<{ outcome: string; reason: string | null } | undefined> =>
  (await rig.database.query<{ outcome: string; reason: string | null }>('select outcome, reason from mist_webhook'))[0];
const writes = (): number => cloud.requests.all().filter(({ method }) => method === 'POST' || method === 'PUT').length;

describe('the webhook in Mist', () => {
  it('is created once, by however many collectors, and pinged', async () => {
    const both = [await managed(), await managed()];
    await Promise.all(both.map((each) => each.keep()));
    expect(await hooks()).toMatchObject([
      { url, secret: SECRET, enabled: true, topics: ['alarms', 'device-events', 'device-updowns'], name: 'mistwatch' },
    ]);
    expect(await state()).toEqual({ outcome: 'created', reason: null });
    expect(received).toEqual(['ping']);
  });

  it('is left alone while it is as it should be', async () => {
    const collector = await managed();
    await collector.keep();
    const before = writes();
    cloud.clock.advance(2 * HOUR);
    await collector.keep();
    expect([writes(), (await state())?.outcome]).toEqual([before, 'fine']);
  });

  it('is repaired within the hour when somebody broke it', async () => {
    const collector = await managed();
    await collector.keep();
    const [hook] = await hooks();
    await api('PUT', `/${hook?.id ?? ''}`, { enabled: false, topics: ['audits', 'alarms'] });
    cloud.clock.advance(30 * MINUTE);
    await collector.keep();
    expect((await state())?.outcome).toBe('created');
    cloud.clock.advance(31 * MINUTE);
    await collector.keep();
    expect(await hooks()).toMatchObject([
      { id: hook?.id, enabled: true, topics: ['audits', 'alarms', 'device-events', 'device-updowns'] },
    ]);
    expect(await state()).toEqual({
      outcome: 'repaired',
      reason: 'it is switched off; topics are missing: device-events, device-updowns',
    });
  });

  it('is made again when somebody deleted it', async () => {
    const collector = await managed();
    await collector.keep();
    await api('DELETE', `/${(await hooks())[0]?.id ?? ''}`);
    cloud.clock.advance(61 * MINUTE);
    await collector.keep();
    expect(await hooks()).toHaveLength(1);
  });

  it('gets a new secret at once', async () => {
    await (await managed()).keep();
    await (await managed('another-secret-of-it')).keep();
    expect(await hooks()).toMatchObject([{ secret: 'another-secret-of-it' }]);
    expect(await state()).toEqual({ outcome: 'repaired', reason: 'its secret is another' });
  });

  it('leaves hooks that send elsewhere as they are', async () => {
    const others = { name: 'tickets', type: 'http-post', url: 'https://tickets.example.com/in', topics: ['alarms'] };
    await api('POST', '', others);
    await (await managed()).keep();
    expect((await hooks()).map((hook) => hook.url)).toEqual([others.url, url]);
  });

  it('is not touched unless it is to be managed', async () => {
    await (await open({ secret: SECRET, url })).keep();
    await (await open(null)).keep();
    expect([await hooks(), await state()]).toEqual([[], undefined]);
  });

  it('says why it could not be checked, holds back nothing and comes again', async () => {
    const collector = await managed();
    cloud.faults.add({ kind: '403', path: '*/webhooks*' });
    await collector.keep();
    const failed = await state();
    expect(failed?.outcome).toBe('failed');
    expect(failed?.reason).toContain('needs write access');
    expect(await rig.database.query('select 1 from poll_state where failure_code is not null')).toEqual([]);
    cloud.faults.clear();
    await collector.keep();
    expect(await hooks()).toEqual([]);
    cloud.clock.advance(11 * MINUTE);
    await collector.keep();
    expect(await hooks()).toHaveLength(1);
  });
});
