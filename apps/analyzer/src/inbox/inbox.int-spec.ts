import { DAY_MS } from '@app/domain';
import { deliveryJobId, JobPublisher, storeDelivery } from '@app/shared';
import { waitFor } from '@app/testing';
import { IngestScene, MAC, namedGateway, ORG, portDown, portRow } from '../ingest/ingest.fixture.js';
import { RetentionService } from '../retention/retention.service.js';
import { InboxSweep } from './inbox-sweep.js';
import { InboxService } from './inbox.service.js';

const NOW = Date.UTC(2026, 2, 2, 12, 10);
const MINUTE = 60_000;

let scene: IngestScene;
let orgId: number;

beforeEach(async () => {
  scene = await IngestScene.open(NOW - 5 * MINUTE);
  orgId = (await scene.database.query<{ id: number }>('select id from org'))[0]?.id ?? 0;
  await scene.commit('wan-ports', [portRow('ge-0/0/0'), portRow('ge-0/0/1')]);
  await scene.commit('gateways', [namedGateway('ge-0/0/0', 'Fiber')]);
  scene.clock.set(NOW);
}, 60_000);
afterEach(() => scene.close());

const upDown = (type: string, at: number): object => ({
  ap: MAC,
  ap_name: 'gw-1',
  for_site: true,
  org_id: ORG,
  site_id: 'site-1',
  site_name: 'Store 1',
  timestamp: at / 1000,
  type,
});

/** Stores a delivery as the route does, without a job. */
const store = async (body: Buffer | string | object, receivedAt = scene.clock.now()): Promise<number> => {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return (await storeDelivery(scene.database, { orgId, body: bytes, receivedAt, correlationId: 'test' })).id;
};
const deliver = async (topic: string, events: readonly object[]): Promise<number> => {
  const id = await store({ topic, events });
  await scene.get(InboxService).take(ORG, id);
  return id;
};
const inbox = (): Promise<object[]> =>
  scene.database.query('select topic, state, events, set_aside as aside, reason, repeats from inbox order by id');
const circuits = (): Promise<object[]> => scene.database.query('select port_id as port, state from circuit order by 1');
const alerts = (): Promise<object[]> => scene.database.query(`select rule, status from alert order by 1`);
const waiting = (): Promise<number> => scene.get(JobPublisher).depth('collect');

describe('a delivery of device events', () => {
  it('reaches facts and alerts at once', async () => {
    await deliver('device-events', [portDown('ge-0/0/0', NOW - 2000)]);
    expect(await scene.portEvents()).toEqual(['ge-0/0/0 down']);
    expect(await circuits()).toEqual([
      { port: 'ge-0/0/0', state: 'down' },
      { port: 'ge-0/0/1', state: 'up' },
    ]);
    expect(await alerts()).toContainEqual(expect.objectContaining({ rule: 'circuit-down' }));
    expect(await inbox()).toEqual([
      { topic: 'device-events', state: 'processed', events: 1, aside: 0, reason: null, repeats: 0 },
    ]);
  });

  it('is no read of the feed: what nobody polled stays blind', async () => {
    const reads = (): Promise<object[]> => scene.database.query('select at from feed_read');
    const before = await reads();
    await deliver('device-events', [portDown('ge-0/0/0', NOW - 2000)]);
    expect(await reads()).toEqual(before);
  });

  it('counts once with the same event of a poll, whichever comes first', async () => {
    await deliver('device-events', [portDown('ge-0/0/0', NOW - 2000)]);
    await scene.commit('device-events', [portDown('ge-0/0/0', NOW - 2000), portDown('ge-0/0/1', NOW - 1000)]);
    await deliver('device-events', [portDown('ge-0/0/1', NOW - 1000)]);
    expect(await scene.portEvents()).toEqual(['ge-0/0/0 down', 'ge-0/0/1 down']);
    expect(await scene.database.query('select 1 from device_event')).toHaveLength(2);
    expect((await alerts()).length).toBe((await scene.database.query('select distinct subject, rule from alert')).length);
  });

  it('counts once when one of the two tells whole seconds or no port', async () => {
    const at = NOW - 2000 + 226;
    await deliver('device-events', [portDown('ge-0/0/0', NOW - 2000), portDown('', NOW - 1000, { port_id: undefined })]);
    await scene.commit('device-events', [portDown('ge-0/0/0', at), portDown('ge-0/0/1', NOW - 1000)]);
    await deliver('device-updowns', [portDown('', NOW - 1000, { port_id: undefined, text: 'again' })]);
    expect(await scene.portEvents()).toEqual(['ge-0/0/0 down', 'ge-0/0/1 down']);
    const stored = await scene.database.query('select port_id as port, at from device_event order by at');
    expect(stored).toEqual([
      { port: 'ge-0/0/0', at: new Date(NOW - 2000) },
      { port: 'ge-0/0/1', at: new Date(NOW - 1000) },
    ]);
  });

  it('keeps two flaps within a second apart', async () => {
    const flaps = [101, 301, 601, 901].map((ms, i) =>
      portDown('ge-0/0/0', NOW - 2000 + ms, i % 2 === 0 ? {} : { type: 'GW_PORT_UP' }),
    );
    await scene.commit('device-events', flaps.slice(0, 2));
    await deliver('device-events', flaps);
    expect(await scene.portEvents()).toEqual(['ge-0/0/0 down', 'ge-0/0/0 up', 'ge-0/0/0 down', 'ge-0/0/0 up']);
  });

  it('says the same whatever the order of deliveries', async () => {
    await deliver('device-events', [portDown('ge-0/0/0', NOW - 1000, { type: 'GW_PORT_UP' })]);
    await deliver('device-events', [portDown('ge-0/0/0', NOW - 4000)]);
    expect(await circuits()).toContainEqual({ port: 'ge-0/0/0', state: 'up' });
    expect(await scene.portEvents()).toEqual(['ge-0/0/0 down', 'ge-0/0/0 up']);
  });

  it('sets aside what does not parse, is of another organization or of the future; neighbours go on', async () => {
    await deliver('device-events', [
      { type: 'GW_PORT_DOWN', timestamp: 'yesterday', mac: MAC },
      portDown('ge-0/0/0', NOW - 1000, { org_id: 'org-2' }),
      portDown('ge-0/0/0', NOW + 3_600_000),
      portDown('ge-0/0/1', NOW - 1000, { org_id: ORG, text: 'half \ud800 and \u0000' }),
    ]);
    expect(await scene.portEvents()).toEqual(['ge-0/0/1 down']);
    expect(await inbox()).toMatchObject([{ state: 'processed', events: 4, aside: 3, reason: '3 of 4 events were set aside' }]);
    expect(await scene.database.query('select position, reason from parked_record order by position')).toEqual([
      { position: 0, reason: 'timestamp must be number, but is "yesterday"' },
      { position: 1, reason: 'org_id is that of another organization' },
      { position: 2, reason: 'timestamp is more than five minutes in the future' },
    ]);
  });

  it('asks for a poll where it does not say which port, once a minute', async () => {
    await deliver('device-events', [portDown('', NOW - 1000, { port_id: undefined, text: 'on interface dh00000004' })]);
    await deliver('device-events', [portDown('', NOW - 900, { port_id: undefined, text: 'on interface dh00000005' })]);
    expect(await waiting()).toBe(2);
  });
});

describe('a delivery of device-updowns', () => {
  it('tells whether a gateway reaches the cloud', async () => {
    await deliver('device-updowns', [upDown('GW_DISCONNECTED', NOW - 2000), upDown('AP_DISCONNECTED', NOW - 2000)]);
    expect(await scene.database.query('select mac, connected from device')).toEqual([{ mac: MAC, connected: false }]);
  });

  it('is one event with the same one of device-events', async () => {
    await deliver('device-updowns', [upDown('GW_DISCONNECTED', NOW - 2000)]);
    await deliver('device-events', [{ ...upDown('GW_DISCONNECTED', NOW - 2000), mac: MAC, text: 'lost' }]);
    expect(await scene.database.query('select type from device_event')).toEqual([{ type: 'GW_DISCONNECTED' }]);
  });
});

describe('a delivery of alarms', () => {
  const alarm = {
    id: 'alarm-1',
    type: 'gateway_down',
    site_id: 'site-1',
    timestamp: NOW / 1000 - 60,
    last_seen: NOW / 1000 - 60,
  };
  const stored = (): Promise<object[]> =>
    scene.database.query(`select severity, alarm_group as "group", count, details->>'hostnames' as hosts from mist_alarm`);

  it('brings an alarm whose severity a poll tells, and never takes it back', async () => {
    await deliver('alarms', [{ ...alarm, org_id: ORG }]);
    expect(await stored()).toEqual([{ severity: 'unknown', group: 'unknown', count: 1, hosts: null }]);
    await scene.commit('alarms', [{ ...alarm, severity: 'critical', group: 'infrastructure', hostnames: ['gw-1'] }]);
    await deliver('alarms', [{ ...alarm, org_id: ORG, update: true, count: 3, last_seen: NOW / 1000 }]);
    expect(await stored()).toEqual([{ severity: 'critical', group: 'infrastructure', count: 3, hosts: '["gw-1"]' }]);
  });
});

describe('other deliveries', () => {
  it('takes scores as a reason to poll, no more often than every five minutes', async () => {
    await deliver('site_sle', [{ org_id: ORG, site_id: 'site-1', sle: { 'ap-availability': 0.6 }, timestamp: NOW / 1000 }]);
    expect(await waiting()).toBe(2);
    expect(await scene.database.query('select 1 from sle_sample')).toEqual([]);
    await scene.database.query(
      `insert into poll_state (org_id, kind, attempted_at) select $1, k, $2 from unnest(array['sle-wifi', 'sle-wan']) as k`,
      [orgId, new Date(NOW)],
    );
    scene.clock.set(NOW + 4 * MINUTE);
    await deliver('site_sle', []);
    expect(await waiting()).toBe(2);
  });

  it('counts pings and audits, parks unknown topics and what is no JSON', async () => {
    await deliver('ping', [{ id: 'p', name: 'n', site_id: 's', timestamp: 1 }]);
    await deliver('audits', [{}, {}]);
    await deliver('location', [{}]);
    await scene.get(InboxService).take(ORG, await store(Buffer.from([0xff, 0x00])));
    expect(await inbox()).toMatchObject([
      { topic: 'ping', state: 'ignored', events: 1, reason: null },
      { topic: 'audits', state: 'ignored', events: 2 },
      { topic: 'location', state: 'parked', reason: 'the topic "location" is not known' },
      { topic: null, state: 'parked', reason: 'the body is not valid UTF-8' },
    ]);
  });
});

describe('the inbox', () => {
  it('takes a delivery once, however often its job runs, also at the same time', async () => {
    const id = await store({ topic: 'device-events', events: [portDown('ge-0/0/0', NOW - 1000)] });
    const service = scene.get(InboxService);
    await Promise.all([1, 2, 3, 4].map(() => service.take(ORG, id)));
    await service.take(ORG, id);
    expect(await scene.portEvents()).toEqual(['ge-0/0/0 down']);
    expect(await scene.database.query(`select 1 from batch where batch_id like 'webhook.%'`)).toHaveLength(1);
    expect(await inbox()).toMatchObject([{ state: 'processed', events: 1 }]);
  });

  it('takes up what lost its job between the store and the queue', async () => {
    await store({ topic: 'device-events', events: [portDown('ge-0/0/0', NOW - 1000)] });
    await scene.get(InboxSweep).run();
    expect(await inbox()).toMatchObject([{ state: 'received' }]);
    scene.clock.set(NOW + MINUTE);
    expect(await scene.get(InboxSweep).run()).toBe(1);
    await waitFor(async () => (await scene.portEvents()).length > 0, { describe: 'the delivery to be taken' });
    await waitFor(async () => (await scene.get(InboxSweep).run()) === 0, { describe: 'nothing to be lost' });
  });

  it('parks what cannot be taken, with its reason', async () => {
    const id = await store({ topic: 'device-events', events: [portDown('ge-0/0/0', NOW)] }, NOW + 3_600_000);
    await scene.get(InboxService).take(ORG, id);
    expect(await inbox()).toMatchObject([{ state: 'parked' }]);
    expect(JSON.stringify(await inbox())).toContain('more than five minutes after now');
  });

  it('forgets what was taken a week ago, and still knows it when it comes again', async () => {
    const delivery = { topic: 'device-events', events: [portDown('ge-0/0/0', NOW - 1000)] };
    await deliver(delivery.topic, delivery.events);
    const open = await store({ topic: 'ping', events: [] });
    scene.clock.set(NOW + 8 * DAY_MS);
    await scene.get(RetentionService).apply();
    expect(await scene.database.query('select id from inbox')).toEqual([{ id: open }]);
    await deliver(delivery.topic, delivery.events);
    expect(await scene.portEvents()).toEqual(['ge-0/0/0 down']);
    expect((await inbox()).at(-1)).toMatchObject({ state: 'processed', reason: 'was stored before' });
  });

  it('names its jobs so that one delivery waits once', () => {
    expect(deliveryJobId(1, 23)).not.toBe(deliveryJobId(12, 3));
  });
});
