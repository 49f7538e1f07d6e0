import { createTestDatabase, seedOrg, type TestDatabase } from '@app/testing';
import { countDropped, dataRevision } from './data-changes.repository.js';
import { Database } from './database.js';

const NOW = Date.UTC(2026, 2, 20, 12);
const PERIOD = { from: new Date('2026-03-10T00:00:00Z'), to: new Date('2026-03-12T00:00:00Z'), now: new Date(NOW) };

const NOW_IN_AUTUMN = new Date('2026-11-01T00:00:00Z');

let test: TestDatabase;
let db: Database;
let orgId: number;
beforeAll(async () => {
  test = await createTestDatabase();
  db = new Database({ url: test.url, poolSize: 4 });
  const circuits = [{ mac: '020000000101', portId: 'ge-0/0/0', name: 'main', state: 'up' as const }];
  ({ orgId } = await seedOrg(db, {
    orgId: 'org-1',
    name: 'One',
    now: NOW,
    sites: [{ id: 'site-1', name: 'Site', region: 'North', circuits }],
  }));
  await db.query(`create table circuit_hour_all partition of circuit_hour default`);
  await db.query(`create table circuit_month_all partition of circuit_month default`);
}, 60_000);
afterAll(async () => {
  await db.close();
  await test.drop();
}, 30_000);

const revision = (): Promise<string> => dataRevision(db, orgId, PERIOD);
const hour = (at: string): string =>
  `insert into circuit_hour (org_id, circuit_id, hour, site_id, source, covered_ms, up_ms, down_ms, latency_count, jitter_count, loss_count, counter_reset)
   select org_id, id, '${at}', site_id, 'samples', 0, 0, 0, 0, 0, 0, false from circuit limit 1 on conflict (org_id, circuit_id, hour) do update set up_ms = 1`;
const state = (from: string, to: string): string =>
  `insert into circuit_state (org_id, circuit_id, from_at, to_at, state) select org_id, id, '${from}', '${to}', 'up' from circuit limit 1
   on conflict (org_id, circuit_id, from_at) do update set to_at = excluded.to_at`;

it.each<[string, string, boolean]>([
  ['an hour that comes late', hour('2026-03-11T05:00:00Z'), true],
  ['the same hour told better', hour('2026-03-11T05:00:00Z'), true],
  ['an hour after the period', hour('2026-03-12T00:00:00Z'), false],
  ['an hour that is dropped', `delete from circuit_hour where hour = '2026-03-11T05:00:00Z'`, true],
  ['a state that begins before and reaches into it', state('2026-03-09T00:00:00Z', '2026-03-10T06:00:00Z'), true],
  ['that state seen on to after the period', state('2026-03-09T00:00:00Z', '2026-03-15T00:00:00Z'), true],
  ['that state seen on, all after the period', state('2026-03-09T00:00:00Z', '2026-03-19T00:00:00Z'), false],
  ['another name of the site', `update site set name = 'Renamed'`, true],
  ['a poll that finds the site as it is', `update site set observed_at = now(), name = name`, false],
  [
    'an attribute',
    `insert into circuit_attribute (org_id, circuit_id, source, since, role) select org_id, id, 'configured', '2026-03-20T13:00:00Z', 'backup' from circuit`,
    true,
  ],
  ['the same attribute again', `update circuit_attribute set role = role`, false],
  ['a disabled circuit', `update circuit set disabled = true`, true],
  ['a poll of the circuit', `update circuit set state_at = now(), facts_until = now()`, false],
])('%s: a closed period knows', async (_, sql, isSeen) => {
  const before = await revision();
  await db.query(sql);
  expect((await revision()) !== before).toBe(isSeen);
});

it('knows an attribute again when its date comes', async () => {
  const later = { ...PERIOD, now: new Date('2026-03-20T13:00:00Z') };
  expect(await dataRevision(db, orgId, later)).not.toBe(await revision());
});

it.each<[string, string, boolean]>([
  [
    'that begins before and goes on',
    `insert into failover (org_id, site_id, primary_id, backup_id, started_at, decided_at, trigger, why, measured_at)
     select org_id, site_id, id, id, '2026-01-20T00:00:00Z', '2026-01-20T00:00:00Z', 'event', 'down', '2026-03-11T00:00:00Z' from circuit`,
    true,
  ],
  ['that is measured on', `update failover set measured_at = '2026-03-13T00:00:00Z', covered_ms = 1`, true],
  [
    'that is measured on, all after the period',
    `update failover set measured_at = '2026-03-20T00:00:00Z', covered_ms = 2`,
    false,
  ],
  ['written as it is', `update failover set covered_ms = covered_ms`, false],
  ['that another circuit carries since', `update failover set changes = '[{"at": 1773187200000, "circuitId": 1}]'`, true],
  ['that is over', `update failover set ended_at = '2026-03-20T00:00:00Z', ended_by = 'carries'`, true],
  ['whose figures are corrected', `update failover set covered_ms = 3`, true],
  ['that is dropped', `delete from failover`, true],
])('a failover %s: a closed period knows', async (_, sql, isSeen) => {
  const before = await revision();
  await db.query(sql);
  expect((await revision()) !== before).toBe(isSeen);
});

it('counts writers at once without one waiting for another, and not what is rolled back', async () => {
  const before = await revision();
  await db.transaction(async (first) => {
    await first.query(hour('2026-03-10T01:00:00Z'));
    await db.transaction(async (second) => second.query(hour('2026-03-10T02:00:00Z')));
    const meanwhile = await revision();
    expect(meanwhile).not.toBe(before);
    const undone = db.transaction(async (third) => {
      await third.query(hour('2026-03-10T03:00:00Z'));
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await revision()).toBe(meanwhile);
  });
  const after = await revision();
  expect(Number(after.split('.')[0]) - Number(before.split('.')[0])).toBe(2);
});

it('counts once in a transaction what holds for every day, and again after a savepoint that was undone', async () => {
  const whole = async (): Promise<number> => Number((await revision()).split('.')[1]);
  const before = await whole();
  await db.transaction(async (tx) => {
    await tx.query('savepoint tried');
    await tx.query(`update site set name = 'Undone'`);
    await tx.query('rollback to savepoint tried');
    await tx.query(`update site set name = 'Kept'`);
    await tx.query(`update org set name = 'Kept'`);
    await tx.query('update circuit set disabled = not disabled');
  });
  expect(await whole()).toBe(before + 1);
  await db.query(`update site set name = 'Again'`);
  expect(await whole()).toBe(before + 2);
});

it('is never as it was once old counts are dropped', async () => {
  const before = await revision();
  await db.query(`delete from data_change where day < '2026-03-11T00:00:00Z'`);
  const [days, whole] = (await revision()).split('.').map(Number);
  expect(days).toBeLessThan(Number(before.split('.')[0]));
  expect(whole).toBe(Number(before.split('.')[1]) + 1);
});

it('knows days of UTC, whatever the clocks of the session do', async () => {
  const autumn = { from: new Date('2026-10-27T00:00:00Z'), to: new Date('2026-10-27T06:00:00Z'), now: NOW_IN_AUTUMN };
  await db.transaction(async (tx) => {
    await tx.query(`set local time zone 'Europe/Berlin'`);
    const before = await dataRevision(tx, orgId, autumn);
    await tx.query(state('2026-10-24T12:00:00Z', '2026-10-27T12:00:00Z'));
    await countDropped(tx, { from: Date.UTC(2026, 9, 24), to: Date.UTC(2026, 9, 28) });
    expect(await dataRevision(tx, orgId, autumn)).not.toBe(before);
    const days = await tx.query<{ day: Date; changes: number }>(
      `select day, sum(changes)::int as changes from data_change where day between '2026-10-23' and '2026-10-29' group by 1 order by 1`,
    );
    const told = days.map(({ day, changes }) => [day.toISOString(), changes]);
    expect(told).toEqual([24, 25, 26, 27].map((day) => [`2026-10-${String(day)}T00:00:00.000Z`, 2]));
  });
});
