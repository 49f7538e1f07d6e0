import { Database, JobSchedules, upsertOrg, type QueueConnection } from '@app/shared';
import { createTestDatabase, testRedisUrl, type TestDatabase } from '@app/testing';
import { UpkeepSchedules, upkeepScheduleId } from './upkeep.schedules.js';

let testDatabase: TestDatabase;
let database: Database;
let queue: QueueConnection;
let schedules: JobSchedules;
beforeEach(async () => {
  testDatabase = await createTestDatabase();
  database = new Database({ url: testDatabase.url });
  queue = { kind: 'redis', ...testRedisUrl() };
  schedules = new JobSchedules(queue);
}, 60_000);
afterEach(async () => {
  for (const { id } of await schedules.list()) await schedules.remove(id);
  await schedules.close();
  await database.close();
  await testDatabase.drop();
});

const found = async (): Promise<string[]> => (await schedules.list()).map(({ id }) => id).sort();
const idsOf = (...orgIds: string[]): string[] =>
  orgIds
    .flatMap((orgId) => [
      upkeepScheduleId(orgId, 'close-hours'),
      upkeepScheduleId(orgId, 'evaluate-alerts'),
      upkeepScheduleId(orgId, 'drain-failovers'),
      upkeepScheduleId(orgId, 'roll-up'),
      upkeepScheduleId(orgId, 'note-changes'),
    ])
    .sort();

describe('UpkeepSchedules', () => {
  it('schedules every stored org, whatever its id, and forgets those that are gone', async () => {
    const upkeep = new UpkeepSchedules(schedules, database);
    await upsertOrg(database, { externalId: 'org-1' });
    await upsertOrg(database, { externalId: 'imported: Österreich' });
    await upkeep.reconcile();
    expect(await found()).toEqual(idsOf('org-1', 'imported: Österreich'));
    expect((await schedules.list()).map(({ payload }) => payload)).toContainEqual({ orgId: 'imported: Österreich' });
    await database.query(`delete from org where external_id = 'org-1'`);
    await upkeep.reconcile();
    expect(await found()).toEqual(idsOf('imported: Österreich'));
  });

  it('leaves the schedules of others alone', async () => {
    await schedules.upsert('collect.reconcile', 'reconcile-schedules', {}, { everyMs: 60_000, offsetMs: 0 });
    await new UpkeepSchedules(schedules, database).reconcile();
    expect(await found()).toEqual(['collect.reconcile']);
  });

  it('starts without its queue', async () => {
    await upsertOrg(database, { externalId: 'org-1' });
    const away = new JobSchedules({ kind: 'postgres', url: 'postgresql://127.0.0.1:1/away' });
    const upkeep = new UpkeepSchedules(away, database);
    await expect(upkeep.onApplicationBootstrap()).resolves.toBeUndefined();
    upkeep.onApplicationShutdown();
    await away.close();
  }, 60_000);
});
