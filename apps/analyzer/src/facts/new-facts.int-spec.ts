import { HOUR_MS, type PathSample } from '@app/domain';
import { Database } from '@app/shared';
import { createTestDatabase, type TestDatabase } from '@app/testing';
import { inputOf, makeWorld, MACS, PORTS, resultOf, sampleAt, type Observation, type World } from './facts.fixture.js';
import { FactsService } from './facts.service.js';

const MINUTE_MS = 60_000;
const START = Date.UTC(2026, 2, 2, 10);
const NOW = START + HOUR_MS + 5 * MINUTE_MS;

let testDatabase: TestDatabase;
let database: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = new Database({ url: testDatabase.url });
}, 60_000);
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const pathAt = (at: number, latencyMs: number): PathSample => ({
  ...{ at, peer: 'far|0', up: true, active: true, latencyMs, jitterMs: null, lossPct: 0, mos: 4.4, mtu: 1_500 },
});
const observations = [...PORTS.keys()].flatMap((circuit): Observation[] =>
  [0, 20, 40, 60].flatMap((minutes): Observation[] => {
    const at = START + minutes * MINUTE_MS;
    const [portName = ''] = PORTS.slice(circuit);
    return [
      { of: 'sample', circuit, sample: sampleAt(at, { rxBytes: minutes * 1_000, txBytes: 0 }) },
      { of: 'path', device: 0, portName, sample: pathAt(at, 10.1 + minutes) },
    ];
  }),
);

/** Closes an hour of a new organization after `before` was done in it; tells the hours of its paths too. */
async function closed(name: string, before: (world: World) => Promise<unknown>) {
  const world = await makeWorld(database, name);
  const facts = new FactsService(database);
  const input = inputOf(world, observations, { now: START + 59 * MINUTE_MS });
  await facts.prepare(input);
  await database.transaction((tx) => facts.apply(tx, input));
  await before(world);
  await facts.closeHours(world.orgId, NOW);
  const [paths, sketches] = await Promise.all(
    ['path_hour', 'hour_sketch'].map((table) =>
      database.query(
        `select (to_jsonb(t) - 'org_id') - 'circuit_id' as row from ${table} t where org_id = $1 order by circuit_id`,
        [world.orgId],
      ),
    ),
  );
  const { hours } = await resultOf(database, world);
  return { hours: hours.filter(({ circuit }) => Number(circuit) < MACS.length), paths, sketches };
}

const fact = (coveredMs: number) => (world: World) =>
  database.query(
    `insert into circuit_hour (org_id, circuit_id, hour, site_id, source, covered_ms, up_ms, down_ms, latency_count, jitter_count, loss_count, counter_reset)
     select org_id, id, $2, site_id, 'imported', $3, 0, 0, 0, 0, 0, false from circuit where org_id = $1 and id = $4`,
    [world.orgId, new Date(START), coveredMs, world.circuits[0]],
  );

describe('an hour that is closed', () => {
  it('is appended; where somebody stored it sooner, the same comes of comparing', async () => {
    const appended = await closed('appended', () => Promise.resolve());
    expect(appended.hours).toMatchObject([0, 1].map(() => ({ source: 'samples', covered_ms: HOUR_MS, latency_count: 3 })));
    expect(appended.paths).toHaveLength(2);
    expect(appended.sketches).toHaveLength(2);
    expect(await closed('known', fact(0))).toEqual(appended);
    const path = (world: World) =>
      database.query(
        `insert into path_hour (org_id, circuit_id, hour, peer, up_ms, down_ms, flaps, latency_count, jitter_count, loss_count, mos_count)
         values ($1, $2, $3, 'far|0', 0, 0, 0, 0, 0, 0, 0)`,
        [world.orgId, world.circuits[0], new Date(START)],
      );
    expect(await closed('known path', path)).toEqual(appended);
    const full = await closed('covered', fact(HOUR_MS));
    expect(full.hours).toEqual([expect.objectContaining({ source: 'imported', up_ms: 0 }), appended.hours[1]]);
  }, 30_000);
});
