import { Database, parseSettings } from '@app/shared';
import { createTestDatabase, type TestDatabase } from '@app/testing';
import { inputOf, makeWorld, sampleAt, type Observation } from './facts.fixture.js';
import { FactsService } from './facts.service.js';

const MINUTE = 60_000;
const START = Date.UTC(2026, 2, 2, 10);
const NOW = START + 65 * MINUTE;
const at = (minutes: number): number => START + minutes * MINUTE;

let testDatabase: TestDatabase;
let database: Database;
beforeEach(async () => {
  testDatabase = await createTestDatabase();
  database = new Database({ url: testDatabase.url });
}, 60_000);
afterEach(async () => {
  await database.close();
  await testDatabase.drop();
});

const poll = (minutes: number): Observation => ({
  of: 'sample',
  circuit: 0,
  sample: sampleAt(at(minutes), { rxBytes: minutes * 1_000, txBytes: 0 }),
});
const reads = (...minutes: number[]): Observation[] => minutes.map((each) => ({ of: 'read', at: at(each) }));
const cutOff = (from: number, to: number): Observation[] => [
  { of: 'device', device: 0, at: at(from), connected: false },
  { of: 'device', device: 0, at: at(to), connected: true },
];

/** Minutes of the hour from 10:00 under the given rules, of a circuit observed as told. */
async function hourUnder(configuration: string, observations: readonly Observation[]): Promise<unknown> {
  const world = await makeWorld(database, 'org-1');
  const facts = new FactsService(database, parseSettings(configuration, {}));
  const input = inputOf(world, observations, { now: NOW });
  await facts.prepare(input);
  await database.transaction((tx) => facts.apply(tx, input));
  await facts.closeHours(world.orgId, NOW);
  const [row] = await database.query(
    `select up_ms / 60000 as up, down_ms / 60000 as down, covered_ms / 60000 as covered from circuit_hour
     where circuit_id = $1 and hour = $2`,
    [world.circuits[0], new Date(START)],
  );
  return row;
}

describe('observations 40 minutes apart', () => {
  const observations = [poll(0), poll(40), poll(60), ...reads(0, 20, 40, 60)];

  it('belong together by default', async () => {
    expect(await hourUnder('', observations)).toEqual({ up: 60, down: 0, covered: 60 });
  });

  it('leave unknown time between them where the configured gap is 30 minutes', async () => {
    expect(await hourUnder('facts: { maxGapMinutes: 30 }', observations)).toEqual({ up: 50, down: 0, covered: 20 });
  });
});

describe('minutes behind a gateway that is cut off', () => {
  const observations = [poll(0), poll(10), poll(50), poll(60), ...cutOff(20, 50), ...reads(0, 10, 20, 30, 40, 50, 60)];

  it('are unknown by default', async () => {
    expect(await hourUnder('', observations)).toMatchObject({ up: 30, down: 0 });
  });

  it('are down where the configuration counts them so', async () => {
    expect(await hourUnder('facts: { disconnectedCountsAs: down }', observations)).toMatchObject({ up: 30, down: 30 });
  });
});
