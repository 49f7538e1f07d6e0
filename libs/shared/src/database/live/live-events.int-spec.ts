import { createTestDatabase, seedOrg, type TestDatabase } from '@app/testing';
import { Database } from '../database.js';
import { addLiveEvents, canResume, liveEventsAfter, liveHead, pruneLiveEvents } from './live-events.repository.js';

const NOW = Date.UTC(2026, 2, 1, 12, 10);

let test: TestDatabase;
let db: Database;
let org: number;
let others = 0;
beforeAll(async () => {
  test = await createTestDatabase();
  db = new Database({ url: test.url });
});
afterAll(async () => {
  await db.close();
  await test.drop();
});
beforeEach(async () => {
  others += 1;
  const circuits = ['ge-0/0/0', 'ge-0/0/1'].map((portId) => ({
    mac: `mac-${String(others)}`,
    portId,
    name: portId,
    state: 'up' as const,
  }));
  const site = { id: 'site-1', name: 'Alder Street', region: 'North', circuits };
  org = (await seedOrg(db, { orgId: `org-${String(others)}`, name: 'Example Retail', now: NOW, sites: [site] })).orgId;
});

const add = (tx: Pick<Database, 'query'>, ...types: string[]): Promise<void> =>
  addLiveEvents(
    tx,
    org,
    types.map((type) => ({ type, at: new Date(NOW), site: null, facts: {} })),
  );
const told = async (after = 0) => {
  await liveHead(db, org);
  return (await liveEventsAfter(db, org, after, 100)).map(({ position, type }) => [position, type]);
};

describe('the order of live events', () => {
  it('skips nothing that is committed late, and gives nobody a place before one that was told', async () => {
    const slow = await db.pool.connect();
    try {
      await slow.query('begin');
      await add({ query: async (text, values) => (await slow.query(text, values as unknown[])).rows as never }, 'slow');
      await db.transaction((tx) => add(tx, 'quick'));
      expect(await told()).toEqual([[1, 'quick']]);
      await slow.query('commit');
      await add(db, 'next');
      expect(await told(1)).toEqual([
        [2, 'slow'],
        [3, 'next'],
      ]);
    } finally {
      slow.release();
    }
  });

  it('gives each event one place however many look at once, also when more wait than get theirs at a time', async () => {
    await add(db, ...Array<string>(2_100).fill('many'));
    const heads = await Promise.all(Array.from({ length: 8 }, () => liveHead(db, org)));
    expect(new Set(heads.map(({ position }) => position))).toEqual(new Set([2_100]));
    const [counted] = await db.query(
      'select count(distinct position) as places, min(position), max(position) from live_event where org_id = $1',
      [org],
    );
    expect(counted).toEqual({ places: 2_100, min: 1, max: 2_100 });
  });

  it('resumes from any place whose successors are there, and from no other', async () => {
    const first = await liveHead(db, org);
    expect([first.position, await canResume(db, org, first)]).toEqual([0, true]);
    await add(db, 'a');
    const a = await liveHead(db, org);
    await add(db, 'b');
    const b = await liveHead(db, org);
    const isFound = async (): Promise<boolean[]> => Promise.all([first, a, b].map((place) => canResume(db, org, place)));
    expect(await isFound()).toEqual([true, true, true]);
    for (const place of [
      { ...a, mark: 'other' },
      { ...b, position: 9 },
    ])
      expect(await canResume(db, org, place)).toBe(false);
    await db.query(`update live_event set sequenced_at = now() - interval '25 hours' where org_id = $1 and position = 1`, [org]);
    expect(await pruneLiveEvents(db)).toBe(1);
    expect(await isFound()).toEqual([false, true, true]);
    await db.query(`update live_event set sequenced_at = now() - interval '25 hours' where org_id = $1`, [org]);
    await pruneLiveEvents(db);
    expect(await isFound()).toEqual([false, false, true]);
    // What waited for so long was told to nobody.
    await add(db, 'c');
    await db.query(`update live_event set written_at = now() - interval '25 hours' where org_id = $1`, [org]);
    await pruneLiveEvents(db);
    expect(await isFound()).toEqual([false, false, false]);
  });
});

describe('what becomes a live event', () => {
  const events = async () => {
    await liveHead(db, org);
    return (await liveEventsAfter(db, org, 0, 100)).map(({ type, site, circuit, sites, facts }) => ({
      type,
      at: site ?? sites,
      circuit: circuit?.replace(/^mac-\d+/, 'mac') ?? null,
      facts,
    }));
  };

  it('tells a circuit that changed its state, and none that was written as it was', async () => {
    await db.query(`update circuit set state = state, state_at = $2 where org_id = $1`, [org, new Date(NOW)]);
    await db.query(`update circuit set state = 'down' where org_id = $1 and port_id = 'ge-0/0/1'`, [org]);
    const facts = { state: 'down', from_state: 'up' };
    expect(await events()).toEqual([{ type: 'circuit.state', at: 'site-1', circuit: 'mac:ge-0/0/1', facts }]);
  });

  it('tells each step of an alert and of its incident, with the sites of its members', async () => {
    const [alert] = await db.query<{ id: number }>(
      `insert into alert (org_id, rule, subject, site_id, circuit_id, state, status, severity, since, observed_at)
       select org_id, 'circuit-down', 'circuit:' || id, site_id, id, '{}', 'firing', 'major', $2, $2 from circuit where org_id = $1 order by id limit 1 returning id`,
      [org, new Date(NOW)],
    );
    await db.query(
      `insert into alert_change (org_id, alert_id, seq, at, from_status, to_status, severity, reason)
       select $1, $2, x.seq, $3, x.f, x.t, 'major', 'said' from (values (1, null, 'pending'), (2, 'pending', 'firing'), (3, 'firing', 'acknowledged'),
         (4, 'acknowledged', 'acknowledged'), (5, 'acknowledged', 'resolved')) as x (seq, f, t)`,
      [org, alert?.id, new Date(NOW)],
    );
    await db.query(`update alert set suppressed_by = 'site-down' where org_id = $1`, [org]);
    await db.query(
      `with i as (insert into incident (org_id, group_key, title, severity, opened_at) values ($1, 'k', 'Alder', 'major', $3) returning id)
       insert into incident_alert (org_id, incident_id, alert_id, severity, joined_at) select $1, id, $2, 'major', $3 from i`,
      [org, alert?.id, new Date(NOW)],
    );
    await db.query(`update incident set due_at = $2 where org_id = $1`, [org, new Date(NOW)]);
    await db.query(`update incident set acked_by = 'key:1', acked_at = $2 where org_id = $1`, [org, new Date(NOW)]);
    await db.query(`update incident set is_held = true where org_id = $1`, [org]);
    await db.query(`update incident set resolved_at = $2 where org_id = $1`, [org, new Date(NOW)]);
    const found = await events();
    expect(found.map(({ type, at }) => [type, at])).toEqual([
      ...['pending', 'opened', 'acknowledged', 'changed', 'resolved', 'changed'].map((step) => [`alert.${step}`, 'site-1']),
      ...['opened', 'acknowledged', 'changed', 'resolved'].map((step) => [`incident.${step}`, ['site-1']]),
    ]);
    expect(found[1]).toMatchObject({
      circuit: 'mac:ge-0/0/0',
      facts: { rule: 'circuit-down', status: 'firing', from_status: 'pending' },
    });
    expect(found[5]?.facts).toMatchObject({ reason: 'suppressed', suppressed_by: 'site-down' });
    expect(found[7]?.facts).toMatchObject({ status: 'acknowledged', acked_by: 'key:1', title: 'Alder' });
  });

  it('tells a poll that was stored, and one that fails for another reason than before', async () => {
    await db.query(`insert into poll_state (org_id, kind) values ($1, 'wan-ports')`, [org]);
    const set = (what: string) => db.query(`update poll_state set ${what} where org_id = $1`, [org]);
    await set(`attempted_at = '2026-03-01T12:00:00Z'`);
    await set(`committed_at = '2026-03-01T12:00:00Z'`);
    await set(`failure_code = 'MIST_UNANSWERED', failures = 1`);
    await set(`failures = 2`);
    expect((await events()).map(({ type, facts }) => [type, facts])).toEqual([
      ['collection.read', { kind: 'wan-ports', failure_code: null, failures: 0 }],
      ['collection.failed', { kind: 'wan-ports', failure_code: 'MIST_UNANSWERED', failures: 1 }],
    ]);
  });
});
