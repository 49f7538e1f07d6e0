import { Database, liveEventsAfter, liveHead, loadCurrentState, parseSettings, type Transaction } from '@app/shared';
import { createTestDatabase, ManualClock, seedOrg, type TestDatabase } from '@app/testing';
import { LiveNotes } from './live-notes.service.js';

function signal(): { readonly given: Promise<void>; give(): void } {
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  return { given, give: () => give() };
}

/** Is held before it writes, as when the process has much else to do. */
class HeldDatabase extends Database {
  readonly isHeld = signal();
  readonly mayGoOn = signal();

  override async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    this.isHeld.give();
    await this.mayGoOn.given;
    return super.transaction(work);
  }
}

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
  // Hours close for all circuits, or not at all; and once.
  const closed = (until: string) => db.query('update circuit set facts_until = $2 where org_id = $1', [org, until]);
  await closed('2026-03-01T13:00:00Z');
  expect(await told()).toEqual([['facts.closed', null, '2026-03-01T12:00:00Z', '2026-03-01T13:00:00Z']]);
  await closed('2026-03-01T09:00:00Z');
  expect(await told()).toEqual([]);
  await closed('2026-03-01T13:00:00Z');
  expect(await told()).toEqual([]);
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

it('tells nothing that was read before something newer was told', async () => {
  const clock = new ManualClock(NOW);
  const notes = new LiveNotes(db, SETTINGS, clock);
  const held = new HeldDatabase({ url: test.url });
  const set = (state: string) => db.query('update circuit set state = $2 where org_id = $1', [org, state]);
  try {
    await set('up');
    await notes.note('org-1');
    const { position } = await liveHead(db, org);
    const late = new LiveNotes(held, SETTINGS, clock).note('org-1');
    await held.isHeld.given;
    await set('down');
    await db.query(`update circuit set facts_until = '2026-03-01T14:00:00Z' where org_id = $1`, [org]);
    await notes.note('org-1');
    held.mayGoOn.give();
    await late;
    await notes.note('org-1');
    await liveHead(db, org);
    const types = (await liveEventsAfter(db, org, position, 100)).map(({ type }) => type);
    expect(types.filter((type) => type === 'site.status' || type === 'facts.closed')).toEqual(['site.status', 'facts.closed']);
  } finally {
    held.mayGoOn.give();
    await held.close();
  }
});
