import { Ajv2020 } from 'ajv/dist/2020.js';
import { addLiveEvents, type Transaction } from '@app/shared';
import { waitFor } from '@app/testing';
import { NOW, seedAlder, seedTagged, startApi, type ApiFixture } from '../api.fixture.js';
import type { RunningApi } from '../create-api.js';
import { EventReader } from './event-reader.spec-support.js';
import { LIVE_EVENT_SCHEMA } from './event-types.js';

const PATH = '/v1/orgs/org-alder/events';
const CIRCUIT = '020000000101:ge-0/0/1';

let fixture: ApiFixture;
let second: RunningApi;
let urls: readonly [string, string];
let key: string;
let alder: number;
let birch: number;
const readers: EventReader[] = [];

beforeAll(async () => {
  fixture = await startApi({ live: { heartbeatMs: 100, pollMs: 150 } });
  second = await fixture.another();
  urls = [await fixture.api.listen(0, '127.0.0.1'), await second.listen(0, '127.0.0.1')];
  await seedAlder(fixture.db);
  birch = (await seedTagged(fixture.db, 'birch')).orgId;
  const [org] = await fixture.db.query<{ id: number }>(`select id from org where external_id = 'org-alder'`);
  alder = org?.id ?? 0;
  key = await fixture.key('viewer', 'org-alder');
});
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close();
});
afterAll(async () => {
  await second.close();
  await fixture.close();
});

interface Opening {
  readonly query?: string;
  readonly process?: 0 | 1;
  readonly headers?: Readonly<Record<string, string>>;
  readonly by?: string;
}
async function open({ query = '', process = 0, headers = {}, by = key }: Opening = {}): Promise<EventReader> {
  const reader = await EventReader.open(`${urls[process]}${PATH}${query}`, by, headers);
  readers.push(reader);
  return reader;
}
async function openReady(opening: Opening = {}): Promise<EventReader> {
  const reader = await open(opening);
  await reader.ready();
  return reader;
}

interface Adding {
  readonly to?: number;
  readonly site?: string;
  readonly type?: string;
  readonly tx?: Pick<Transaction, 'query'>;
}
const add = (n: number | readonly number[], { to = alder, site, type = 'circuit.state', tx = fixture.db }: Adding = {}) =>
  addLiveEvents(
    tx,
    to,
    [n]
      .flat()
      .map((each) => ({ type, at: new Date(NOW), site: site ?? null, facts: { n: each, state: 'down', from_state: 'up' } })),
  );
const tells = (reader: EventReader, ...told: readonly unknown[]): Promise<void> =>
  reader.until(`events ${JSON.stringify(told)}`, () => JSON.stringify(reader.told) === JSON.stringify(told));
const resuming = (reader: EventReader, rest: Opening = {}): Opening => ({ ...rest, headers: { 'last-event-id': reader.lastId } });

describe('a live stream', () => {
  it('tells a change at once, as the documented event, kept and compressed by nobody', async () => {
    const reader = await openReady({ headers: { 'accept-encoding': 'gzip' } });
    expect(reader.response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    expect(reader.response.headers['content-encoding']).toBeUndefined();
    await fixture.db.query(`update circuit set state = 'up', state_since = $2 where org_id = $1 and state = 'down'`, [
      alder,
      new Date(NOW),
    ]);
    await tells(reader, 'circuit.state');
    expect(reader.events.at(-1)).toEqual({
      id: expect.stringMatching(/^\d+-[0-9a-f]{8}$/) as unknown,
      event: 'circuit.state',
      data: {
        type: 'circuit.state',
        at: '2026-03-01T12:10:00Z',
        site_id: 'site-alder',
        circuit_id: CIRCUIT,
        alert_id: null,
        incident_id: null,
        facts: { state: 'up', from_state: 'down' },
      },
    });
    const head = await fixture.call(key, 'GET', `${PATH}?types=circuit`);
    expect([head.status, head.type]).toEqual([200, 'text/event-stream']);
  });

  it('goes on where it broke off, by header or by parameter, with any process', async () => {
    const reader = await openReady();
    await add([1, 2]);
    await tells(reader, 1, 2);
    reader.close();
    await add([3, 4]);
    const other = await openReady(resuming(reader, { process: 1 }));
    await add(5);
    await tells(other, 3, 4, 5);
    const [, third] = other.events;
    await tells(await openReady({ query: `?after=${third?.id ?? ''}`, process: 1 }), 5);
  });

  it('loses nothing that is committed late, and tells both processes the same in the same order', async () => {
    const both = await Promise.all([openReady(), openReady({ process: 1 })]);
    const slow = await fixture.db.pool.connect();
    try {
      await slow.query('begin');
      await add(1, { tx: { query: async (text, values) => (await slow.query(text, values as unknown[])).rows as never } });
      await add(2);
      await Promise.all(both.map((reader) => tells(reader, 2)));
      both[0].close();
      await slow.query('commit');
      await add(3);
      await tells(both[1], 2, 1, 3);
      await tells(await openReady(resuming(both[0])), 1, 3);
    } finally {
      slow.release();
    }
  });

  it('says so when it cannot go on: load everything anew', async () => {
    await add(1);
    const reader = await openReady();
    for (const id of [reader.lastId.replace(/-.*/, '-00000000'), '1-00000000', '999999-00000000', 'nonsense']) {
      const lost = await openReady({ headers: { 'last-event-id': id } });
      expect(lost.told).toEqual(['reset']);
      await add(2);
      await tells(lost, 'reset', 2);
      expect((await openReady(resuming(lost))).told).toEqual([]);
    }
    expect((await fixture.call(key, 'GET', `${PATH}?after=nonsense`)).status).toBe(400);
  });

  it('tells what is asked for, and moves the id of who hears nothing', async () => {
    const [alerts, site, circuit] = await Promise.all([
      openReady({ query: '?types=alert,site.status' }),
      openReady({ query: '?site=site-alder' }),
      openReady({ query: `?circuit=${encodeURIComponent(CIRCUIT)}&types=circuit.state,data` }),
    ]);
    const before = circuit.lastId;
    await add(1, { type: 'alert.opened', site: 'site-alder' });
    await add(2, { type: 'site.status', site: 'site-other' });
    await add(3, { type: 'data.changed' });
    await Promise.all([tells(alerts, 1, 2), tells(site, 1, 3), tells(circuit, 3)]);
    await add(4, { type: 'alert.opened', site: 'site-other' });
    await tells(alerts, 1, 2, 4);
    await site.until('a heartbeat with the newest id', ({ lastId }) => lastId === alerts.lastId);
    expect(site.told).toEqual([1, 3]);
    expect(circuit.lastId).not.toBe(before);
    for (const [query, status] of [
      ['types=alerts', 400],
      ['site=site-birch', 404],
      ['circuit=mac-birch:ge-0/0/0', 404],
      ['nonsense=1', 400],
    ] as const)
      expect([query, (await fixture.call(key, 'GET', `${PATH}?${query}`)).status]).toEqual([query, status]);
  });

  it('tells alerts, and an incident to who watches one of its sites, as the document says', async () => {
    const [watching, other] = await Promise.all([openReady({ query: '?site=site-alder' }), openReady({ query: '?types=site' })]);
    await fixture.db.query(
      `with i as (insert into incident (org_id, group_key, title, severity, opened_at) values ($1, 'k', 'Alder', 'major', $2) returning id)
       insert into incident_alert (org_id, incident_id, alert_id, severity, joined_at) select $1, i.id, a.id, 'major', $2 from i, alert a where a.org_id = $1`,
      [alder, new Date(NOW)],
    );
    await tells(watching, 'incident.opened');
    const [alert] = await fixture.db.query<{ id: number }>('select id from alert where org_id = $1', [alder]);
    const operator = await fixture.key('operator', 'org-alder');
    expect((await fixture.call(operator, 'POST', `/v1/orgs/org-alder/alerts/${String(alert?.id)}/ack`, {})).status).toBeLessThan(
      300,
    );
    await fixture.db.query(`update poll_state set committed_at = $2 where org_id = $1`, [alder, new Date(NOW)]);
    await watching.until('the poll', ({ told }) => told.includes('collection.read'));
    const of = (name: string) => watching.events.find(({ event }) => event === name)?.data;
    expect(of('incident.opened')).toMatchObject({ site_id: 'site-alder', facts: { title: 'Alder', status: 'open', sites: 1 } });
    expect(of('alert.acknowledged')).toMatchObject({
      site_id: 'site-alder',
      alert_id: alert?.id,
      facts: { from_status: 'firing' },
    });
    const isDocumented = new Ajv2020({ strict: false }).compile(LIVE_EVENT_SCHEMA);
    for (const { event, data } of watching.events)
      expect([event, event === 'ready' || isDocumented(data)]).toEqual([event, true]);
    expect(other.told).toEqual([]);
  });

  it('tells nobody anything of another organization', async () => {
    const reader = await openReady();
    const theirs = await fixture.key('viewer', 'org-birch');
    const other = await EventReader.open(`${urls[0]}/v1/orgs/org-birch/events`, theirs);
    readers.push(other);
    await other.ready();
    await add(1, { to: birch, site: 'site-birch' });
    await add(2);
    await Promise.all([tells(reader, 2), tells(other, 1)]);
    // An id of one organization is none of another.
    expect((await openReady(resuming(other))).told).toEqual(['reset']);
    expect((await open({ by: theirs })).response.statusCode).toBe(404);
  });

  it('closes a reader that is too slow, which goes on by id', async () => {
    const [slow, quick] = [await openReady(), await openReady()];
    const streams = async (): Promise<string | undefined> =>
      /^mistwatch_live_streams\S* (\d+)$/m.exec((await fixture.call(null, 'GET', '/metrics')).body)?.[1];
    await waitFor(async () => (await streams()) === '2');
    slow.response.pause();
    const facts = { filler: 'x'.repeat(20_000) };
    let count = 0;
    while ((await streams()) === '2') {
      const some = Array.from({ length: 5 }, () => ({
        type: 'circuit.state',
        at: new Date(NOW),
        site: null,
        facts: { n: count++, ...facts },
      }));
      await addLiveEvents(fixture.db, alder, some);
      await quick.until('all events', ({ told }) => told.length === count);
    }
    slow.response.resume();
    await slow.until('its end', ({ isOver }) => isOver);
    expect(slow.told.length).toBeLessThan(count);
    const again = await openReady(resuming(slow));
    expect([...slow.told, ...again.told]).toEqual(Array.from({ length: count }, (_, n) => n));
  });

  it('hears of events without a connection that listens, and lets one key have so many streams', async () => {
    const reader = await openReady();
    await fixture.db.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'mistwatch-live' and datname = current_database()`,
    );
    await add(1);
    await tells(reader, 1);
    const mine = await fixture.key('viewer', 'org-alder');
    const statuses = (await Promise.all(Array.from({ length: 21 }, () => open({ by: mine })))).map(
      ({ response }) => response.statusCode,
    );
    expect(statuses.sort()).toEqual([...Array<number>(20).fill(200), 429]);
  });

  it('ends all streams when the service stops, at once', async () => {
    const third = await fixture.another();
    const reader = await EventReader.open(`${await third.listen(0, '127.0.0.1')}${PATH}`, key);
    await reader.ready();
    await third.close();
    await waitFor(() => reader.isOver, { timeoutMs: 2_000 });
    expect(reader.comments).toContain('the service stops');
    await add(1);
    await tells(await openReady(resuming(reader)), 1);
  });
});
