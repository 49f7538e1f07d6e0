import { HOUR_MS, MINUTE_MS } from '@app/domain';
import { Database, ensurePartitions } from '@app/shared';
import { createTestDatabase, type TestDatabase } from '@app/testing';
import { rederiveDue } from '../links/rederive-due.js';
import { FactsService } from './facts.service.js';
import { makeWorld, type World } from './facts.fixture.js';

/** The last hour of a year: its sketches lie in another partition than those of the hour after it. */
const START = Date.UTC(2026, 11, 31, 22);
const NOW = START + 3 * HOUR_MS + 30_000;

let testDatabase: TestDatabase;
let database: Database;
let world: World;

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  database = new Database({ url: testDatabase.url });
  world = await makeWorld(database, 'partitions');
  await storeSamples();
}, 60_000);
afterEach(async () => {
  await database.close();
  await testDatabase.drop();
});

/** Samples that came by another way than ingest, which would have made the partitions of what follows from them. */
async function storeSamples(): Promise<void> {
  const times = Array.from({ length: 36 }, (_, i) => START + i * 5 * MINUTE_MS);
  await ensurePartitions(database, 'port_sample', times);
  await ensurePartitions(database, 'path_sample', times);
  await database.query(
    `insert into port_sample (org_id, circuit_id, at, received_at, batch_id, rx_bytes, tx_bytes, up, disabled)
     select $1, $2, t, t, 1, 0, 0, true, false from unnest($3::timestamptz[]) as t`,
    [world.orgId, world.circuits[0], times.map((at) => new Date(at))],
  );
  await database.query(
    `insert into path_sample (org_id, device_id, port_name, peer, at, received_at, latency_ms, up, active)
     select $1, $2, 'ge-0/0/0', 'hub', t, t, 20, true, true from unnest($3::timestamptz[]) as t`,
    [world.orgId, world.devices[0], times.map((at) => new Date(at))],
  );
  await database.query(
    'update circuit set is_live = true, first_observed_at = $2, last_observed_at = $3 where org_id = $1 and id = $4',
    [world.orgId, new Date(START), new Date(times.at(-1) ?? START), world.circuits[0]],
  );
}

const counts = async (): Promise<unknown> =>
  (
    await database.query(
      `select (select count(*)::int from circuit_hour where latency_count = 12) as facts, (select count(*)::int from path_hour) as paths,
         (select count(*)::int from hour_sketch) as sketches`,
    )
  )[0];

const ALL = { facts: 3, paths: 3, sketches: 3 };

describe('partitions that nobody made before', () => {
  it('are made by closing an hour', async () => {
    await new FactsService(database).closeHours(world.orgId, NOW);
    expect(await counts()).toEqual(ALL);
  });

  it('are made by computing anew', async () => {
    await database.query('update circuit set rederive_due = true where org_id = $1 and id = $2', [
      world.orgId,
      world.circuits[0],
    ]);
    await rederiveDue(database, new FactsService(database), { orgId: world.orgId, now: NOW });
    expect(await counts()).toEqual(ALL);
  });
});
