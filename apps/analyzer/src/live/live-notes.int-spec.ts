import { Database, liveEventsAfter, liveHead, loadCurrentState, parseSettings } from '@app/shared';
import { createTestDatabase, ManualClock, seedOrg, type TestDatabase } from '@app/testing';
import { LiveNotes } from './live-notes.service.js';

const NOW = Date.UTC(2026, 2, 1, 12, 10);
const SETTINGS = parseSettings('', {});

let test: TestDatabase;
let db: Database;
let org: number;
beforeAll(async () => {
  test = await createTestDatabase();
  db = new Database({ url: test.url });
  const circuit = {
    mac: '020000000101',
    portId: 'ge-0/0/0',
    name: 'main',
    state: 'up' as const,
    hours: [{ rxBytes: 1_000, utilizationPct: 10 }],
  };
  const site = { id: 'site-1', name: 'Alder Street', region: 'North', circuits: [circuit] };
  org = (await seedOrg(db, { orgId: 'org-1', name: 'Example Retail', now: NOW, sites: [site] })).orgId;
});
afterAll(async () => {
  await db.close();
  await test.drop();
});

it('tells once what changed since it was told last, and nothing at first', async () => {
  const clock = new ManualClock(NOW);
  const notes = new LiveNotes(db, SETTINGS, clock);
  let place = 0;
  const told = async (): Promise<unknown[]> => {
    await notes.note('org-1');
    await notes.note('org-1');
    const { position } = await liveHead(db, org);
    const events = await liveEventsAfter(db, org, place, 100);
    place = position;
    return events
      .filter(({ type }) => type !== 'circuit.state')
      .map(({ type, site, facts }) => [type, site, ...Object.values(facts)]);
  };
  await notes.note('org-unknown');
  expect(await told()).toEqual([]);
  const statusNow = async (): Promise<string | undefined> =>
    (await loadCurrentState(db, org, { now: clock.now(), settings: SETTINGS })).sites[0]?.status;
  const before = await statusNow();
  await db.query(`update circuit set state = 'down' where org_id = $1`, [org]);
  const after = await statusNow();
  expect(after).not.toBe(before);
  expect(await told()).toEqual([['site.status', 'site-1', after, before]]);
  // Hours close for all circuits, or not at all.
  await db.query(`update circuit set facts_until = '2026-03-01T13:00:00Z' where org_id = $1`, [org]);
  expect(await told()).toEqual([['facts.closed', null, '2026-03-01T12:00:00Z', '2026-03-01T13:00:00Z']]);
  await db.query(`update circuit_hour set rx_bytes = 2 where org_id = $1`, [org]);
  expect(await told()).toEqual([
    ['data.changed', null, '2026-03-01T00:00:00Z', '2026-03-02T00:00:00Z', expect.any(String) as string],
  ]);
  await db.query(`update site set name = 'Birch Street' where org_id = $1`, [org]);
  expect(await told()).toEqual([['data.changed', null, null, null, expect.any(String) as string]]);
  // Time alone makes a status unknown.
  clock.set(NOW + 3_600_000);
  expect(await told()).toEqual([['site.status', 'site-1', 'UNKNOWN', after]]);
});
