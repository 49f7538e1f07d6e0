import { HOUR_MS, type EpochMs } from '@app/domain';
import { Database, TransientError } from '@app/shared';
import { createTestDatabase, type TestDatabase } from '@app/testing';
import { deliver, inputOf, makeWorld, resultOf, sampleAt, type Observation, type World } from './facts.fixture.js';
import { FactsService } from './facts.service.js';

const START = Date.UTC(2026, 0, 26, 8);
const ROUNDS = 400;
const STEP_MS = 20_000;
const NOW = START + ROUNDS * STEP_MS + HOUR_MS;

let testDatabase: TestDatabase;
let first: Database;
let second: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  first = new Database({ url: testDatabase.url });
  second = new Database({ url: testDatabase.url });
});
afterAll(async () => {
  await first.close();
  await second.close();
  await testDatabase.drop();
});

const timeOf = (round: number): EpochMs => START + round * STEP_MS;

/** One poll of all circuits a round, now and then with an event or a cut-off; every third round is delivered to both analyzers. */
function roundOf(round: number): Observation[] {
  const at = timeOf(round);
  const polls: Observation[] = [0, 1, 2, 3].map((circuit) => ({
    of: 'sample',
    circuit,
    sample: sampleAt(at, {
      up: (round + circuit) % 37 !== 0,
      rxBytes: round * 1_000_000,
      txBytes: round * 250_000,
      speedMbps: 100,
      latencyMs: 10 + (round % 20),
    }),
  }));
  const events: Observation[] =
    round % 29 === 0
      ? [{ of: 'event', circuit: round % 4, event: { at: at + 5000, state: round % 2 === 0 ? 'down' : 'up' } }]
      : [];
  const states: Observation[] =
    round % 101 === 0 ? [{ of: 'device', device: round % 2, at: at + 1000, connected: round % 202 !== 0 }] : [];
  return [...polls, ...events, ...states, { of: 'read', at }];
}

const TRIES = 5;

async function patiently(database: Database, world: World, round: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await deliver(database, inputOf(world, roundOf(round), { now: timeOf(round) }));
      return;
    } catch (error) {
      if (!(error instanceof TransientError) || attempt === TRIES) throw error;
    }
  }
}

async function analyze(database: Database, world: World, mine: (round: number) => boolean): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) if (mine(round)) await patiently(database, world, round);
}

test('two analyzers with overlapping batches make the facts that one makes', async () => {
  const alone = await makeWorld(first, 'alone');
  const shared = await makeWorld(first, 'shared');
  await deliver(first, inputOf(alone, Array.from({ length: ROUNDS }, (_, round) => roundOf(round)).flat(), { now: NOW }));
  await Promise.all([analyze(first, shared, (round) => round % 3 !== 1), analyze(second, shared, (round) => round % 3 !== 2)]);
  await new FactsService(first).closeHours(alone.orgId, NOW);
  await new FactsService(first).closeHours(shared.orgId, NOW);
  expect(await resultOf(first, shared)).toEqual(await resultOf(first, alone));
}, 120_000);
