import fc from 'fast-check';
import {
  DEFAULT_FACT_SETTINGS,
  HOUR_MS,
  hourOf,
  hoursBetween,
  MINUTE_MS,
  pathHours,
  type EpochMs,
  type PathHour,
  type PathSample,
  type Span,
} from '@app/domain';
import { Database } from '@app/shared';
import { createTestDatabase, type TestDatabase } from '@app/testing';
import { deliver, inputOf, makeWorld, PORTS, sampleAt, type Observation, type World } from './facts.fixture.js';
import { FactsService } from './facts.service.js';
import { epochMs } from './sql-time.js';

const START = Date.UTC(2026, 0, 31, 20);
const NOW = START + 9 * HOUR_MS + 20 * MINUTE_MS;

let testDatabase: TestDatabase;
let database: Database;
let worlds = 0;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = new Database({ url: testDatabase.url });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const minute = fc.integer({ min: 0, max: 9 * 60 + 15 });
const at = (minutes: number): EpochMs => START + minutes * MINUTE_MS;
const sample: fc.Arbitrary<Observation> = fc
  .record({ circuit: fc.integer({ min: 0, max: 3 }), minutes: minute })
  .map(({ circuit, minutes }) => ({ of: 'sample', circuit, sample: sampleAt(at(minutes)) }));
const device: fc.Arbitrary<Observation> = fc
  .record({ device: fc.integer({ min: 0, max: 1 }), minutes: minute, connected: fc.boolean() })
  .map(({ device: index, minutes, connected }) => ({ of: 'device', device: index, at: at(minutes) + 7000, connected }));
const figure = fc.option(fc.integer({ min: 0, max: 200 }), { freq: 5 });
const path: fc.Arbitrary<Observation> = fc
  .record({
    device: fc.integer({ min: 0, max: 1 }),
    port: fc.integer({ min: 0, max: 1 }),
    minutes: minute,
    peer: fc.constantFrom('hub|a', 'hub|b', 'other|'),
    up: fc.option(fc.boolean(), { freq: 6 }),
    active: fc.option(fc.boolean()),
    latencyMs: figure,
    jitterMs: figure,
    lossPct: figure,
    mos: fc.option(fc.integer({ min: 0, max: 5 })),
    mtu: fc.option(fc.integer({ min: 1200, max: 1500 })),
  })
  .map(({ device: index, port, minutes, ...rest }) => ({
    of: 'path',
    device: index,
    portName: PORTS[port] ?? '',
    sample: { at: at(minutes), ...rest },
  }));
const observations = fc.array(
  fc.oneof({ weight: 2, arbitrary: sample }, { weight: 1, arbitrary: device }, { weight: 8, arbitrary: path }),
  { minLength: 1, maxLength: 80 },
);

const timeOf = (each: Observation): EpochMs =>
  each.of === 'event' ? each.event.at : each.of === 'sample' || each.of === 'path' ? each.sample.at : each.at;

async function live(
  batches: readonly (readonly Observation[])[],
  nowOf: (batch: readonly Observation[]) => EpochMs,
): Promise<World> {
  const world = await makeWorld(database, `org-${String(++worlds)}`);
  for (const batch of batches) await deliver(database, inputOf(world, batch, { now: nowOf(batch) }));
  await new FactsService(database).closeHours(world.orgId, NOW);
  return world;
}

interface Stored {
  readonly circuit: number;
  readonly hour: number;
}

async function stored(world: World): Promise<Stored[]> {
  return database.query(
    `select array_position($2::int[], circuit_id) - 1 as circuit, ${epochMs('hour')} as hour, peer, up_ms, down_ms, flaps, latency_count, latency_avg,
       latency_max, latency_p95, jitter_count, jitter_avg, jitter_max, jitter_p95, loss_count, loss_avg, loss_max, loss_p95, mos_count, mos_avg, mos_min,
       mtu, last_up, ${epochMs('last_at')} as last_at
     from path_hour where org_id = $1 order by circuit, hour, peer collate "C"`,
    [world.orgId, world.circuits],
  );
}

const single = (value: number | null): number | null => (value === null ? null : Number(Math.fround(value).toPrecision(6)));
const rounded = (row: object): object =>
  Object.fromEntries(
    Object.entries(row).map(([key, value]: [string, unknown]) => [
      key,
      /_(avg|p95)$/.test(key) ? single(value as number | null) : value,
    ]),
  );

const asRow = (circuit: number, row: PathHour): object => ({
  circuit,
  hour: row.hour,
  peer: row.peer,
  up_ms: row.upMs,
  down_ms: row.downMs,
  flaps: row.flaps,
  ...Object.fromEntries(
    (['latency', 'jitter', 'loss'] as const).flatMap((name) =>
      (['count', 'avg', 'max', 'p95'] as const).map((figureName) => [`${name}_${figureName}`, row[name][figureName]]),
    ),
  ),
  mos_count: row.mos.count,
  mos_avg: row.mos.avg,
  mos_min: row.mos.min,
  mtu: row.mtu,
  last_up: row.last === null ? null : row.last.state === 'up',
  last_at: row.last?.at ?? null,
});

/** What the arithmetic says of everything that was observed, from the first hour of the circuit to the last closed one. */
function expected(all: readonly Observation[], circuit: number): object[] {
  const times = all.flatMap((each) => (each.of === 'sample' && each.circuit === circuit ? [each.sample.at] : []));
  if (times.length === 0) return [];
  const [from, to] = [hourOf(Math.min(...times)), hourOf(NOW)];
  const own = all.flatMap((each): PathSample[] =>
    each.of === 'path' &&
    each.device === Math.floor(circuit / 2) &&
    each.portName === PORTS[circuit % 2] &&
    each.sample.at >= from &&
    each.sample.at < to
      ? [each.sample]
      : [],
  );
  const rows = pathHours(own, hoursBetween(from, to), {
    maxGapMs: DEFAULT_FACT_SETTINGS.maxGapMs,
    cutOffs: cutOffsOf(all, Math.floor(circuit / 2)),
    holdUntil: NOW,
    priors: new Map(),
  });
  return rows.sort((a, b) => a.hour - b.hour || (a.peer < b.peer ? -1 : 1)).map((row) => rounded(asRow(circuit, row)));
}

function cutOffsOf(all: readonly Observation[], gateway: number): Span[] {
  const readings = all.flatMap((each) => (each.of === 'device' && each.device === gateway ? [each] : []));
  const times = [...new Set(readings.map((each) => each.at))].sort((a, b) => a - b);
  const spans: { from: number; to: number }[] = [];
  let isConnected = true;
  for (const time of times) {
    const connected = readings.some((each) => each.at === time && each.connected);
    if (isConnected && !connected) spans.push({ from: time, to: Infinity });
    const last = spans.at(-1);
    if (!isConnected && connected && last !== undefined) last.to = time;
    isConnected = connected;
  }
  return spans;
}

/** One per instant, port and peer: which of two contradicting readings counts is another rule. */
const withoutTies = (all: readonly Observation[]): Observation[] => {
  const seen = new Set<string>();
  return all.filter((each) => {
    const key =
      each.of === 'sample'
        ? `${each.circuit}|${each.sample.at}`
        : each.of === 'path'
          ? `${each.device}|${each.portName}|${each.sample.peer}|${each.sample.at}`
          : JSON.stringify(each);
    return seen.size !== seen.add(key).size;
  });
};

test('hours of paths do not depend on order, repetition or batches, and equal the pure arithmetic on everything', async () => {
  const inBatches = fc.array(fc.nat(), { minLength: 110, maxLength: 110 });
  await fc.assert(
    fc.asyncProperty(observations, inBatches, async (given, random) => {
      const all = withoutTies(given).sort((a, b) => timeOf(a) - timeOf(b));
      const pure = [0, 1, 2, 3].flatMap((circuit) => expected(all, circuit));
      const oneByOne = await live(
        all.map((each) => [each]),
        ([each]) => (each === undefined ? NOW : timeOf(each)),
      );
      expect((await stored(oneByOne)).map(rounded)).toEqual(pure);
      const pool = [...all, ...all.slice(0, 5)]
        .map((each, i) => ({ each, key: random[i] ?? 0 }))
        .sort((a, b) => a.key - b.key)
        .map(({ each }) => each);
      const batches: Observation[][] = [];
      for (let i = 0; pool.length > 0; i++) batches.push(pool.splice(0, 1 + ((random[i] ?? 0) % 9)));
      expect((await stored(await live(batches, () => NOW))).map(rounded)).toEqual(pure);
    }),
    { numRuns: Number(process.env['FACTS_RUNS'] ?? 40) },
  );
}, 120_000);
