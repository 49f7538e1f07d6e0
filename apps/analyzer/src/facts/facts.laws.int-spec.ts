import fc from 'fast-check';
import {
  DEFAULT_FACT_SETTINGS,
  HOUR_MS,
  hourFacts,
  hourOf,
  hoursBetween,
  MINUTE_MS,
  onePerInstant,
  stateTimeline,
  UNKNOWN_BANDWIDTH,
  type CircuitInput,
  type EpochMs,
  type PathSample,
  type Span,
} from '@app/domain';
import { Database } from '@app/shared';
import { createTestDatabase, type TestDatabase } from '@app/testing';
import {
  deliver,
  EMPTY_INPUT,
  inputOf,
  makeWorld,
  PORTS,
  resultOf,
  sampleAt,
  type Observation,
  type World,
} from './facts.fixture.js';
import { FactsService } from './facts.service.js';

const START = Date.UTC(2026, 0, 26, 8);
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
const bytes = fc.option(fc.integer({ min: 0, max: 5_000_000_000 }), { freq: 6 });
const sample: fc.Arbitrary<Observation> = fc
  .record({
    circuit: fc.integer({ min: 0, max: 3 }),
    minutes: minute,
    up: fc.option(fc.boolean(), { freq: 8 }),
    disabled: fc.integer({ min: 0, max: 19 }),
    rxBytes: bytes,
    txBytes: bytes,
    flapped: fc.option(minute, { freq: 2 }),
    latencyMs: fc.option(fc.integer({ min: 1, max: 200 })),
    late: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ circuit, minutes, flapped, late, disabled, ...rest }) => ({
    of: 'sample',
    circuit,
    sample: sampleAt(at(minutes), {
      ...rest,
      disabled: disabled === 0,
      speedMbps: 100,
      receivedAt: at(minutes) + late * 1000,
      lastFlappedAt: flapped === null || flapped > minutes ? null : at(flapped) - 30_000,
    }),
  }));
const event: fc.Arbitrary<Observation> = fc
  .record({ circuit: fc.integer({ min: 0, max: 3 }), minutes: minute, state: fc.constantFrom('up' as const, 'down' as const) })
  .map(({ circuit, minutes, state }) => ({ of: 'event', circuit, event: { at: at(minutes), state } }));
const device: fc.Arbitrary<Observation> = fc
  .record({ device: fc.integer({ min: 0, max: 1 }), minutes: minute, connected: fc.boolean() })
  .map(({ device: index, minutes, connected }) => ({ of: 'device', device: index, at: at(minutes) + 7000, connected }));
const path: fc.Arbitrary<Observation> = fc
  .record({
    device: fc.integer({ min: 0, max: 1 }),
    port: fc.integer({ min: 0, max: 1 }),
    minutes: minute,
    up: fc.boolean(),
    latencyMs: fc.integer({ min: 1, max: 99 }),
  })
  .map(({ device: index, port, minutes, ...rest }) => ({
    of: 'path',
    device: index,
    portName: PORTS[port] ?? '',
    sample: { at: at(minutes), peer: 'hub|ge-0/0/0', active: null, jitterMs: null, lossPct: null, mos: null, mtu: null, ...rest },
  }));
const read: fc.Arbitrary<Observation> = minute.map((minutes) => ({ of: 'read', at: at(minutes) }));
const observations = fc.array(fc.oneof({ weight: 8, arbitrary: sample }, { weight: 3, arbitrary: event }, device, path, read), {
  minLength: 1,
  maxLength: 60,
});

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

/** Any order, some of it twice, in batches of any size. */
const shuffled = (all: readonly Observation[], seed: number): Observation[][] => {
  const random = mulberry(seed);
  const pool = [...all, ...all.filter(() => random() < 0.3)]
    .map((each) => ({ each, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ each }) => each);
  const batches: Observation[][] = [];
  while (pool.length > 0) batches.push(pool.splice(0, 1 + Math.floor(random() * 8)));
  return batches;
};

const mulberry = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
};

function fullInput(all: readonly Observation[], circuit: number): CircuitInput {
  const gateway = Math.floor(circuit / 2);
  return {
    ...EMPTY_INPUT,
    polls: onePerInstant(all.flatMap((each) => (each.of === 'sample' && each.circuit === circuit ? [each.sample] : []))),
    events: all
      .flatMap((each) => (each.of === 'event' && each.circuit === circuit ? [each.event] : []))
      .sort((a, b) => a.at - b.at),
    paths: pathsOf(all, gateway, PORTS[circuit % 2] ?? ''),
    cutOffs: cutOffsOf(all, gateway),
    blind: blindOf(all),
    holdUntil: NOW,
  };
}

function pathsOf(all: readonly Observation[], gateway: number, portName: string): PathSample[] {
  const mine = all.flatMap((each) =>
    each.of === 'path' && each.device === gateway && each.portName === portName ? [each.sample] : [],
  );
  return [...new Map(mine.map((each) => [each.at, each])).values()].sort((a, b) => a.at - b.at);
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

function blindOf(all: readonly Observation[]): Span[] {
  const reads = [...new Set(all.flatMap((each) => (each.of === 'read' ? [each.at] : [])))].sort((a, b) => a - b);
  return reads.map((time, i) => ({ from: time + HOUR_MS, to: reads[i + 1] ?? Infinity })).filter(({ from, to }) => from < to);
}

/** Of two samples of one instant, equal in all the rule names, the generator keeps only one: the order of the rest is ours. */
const withoutTies = (all: readonly Observation[]): Observation[] => {
  const seen = new Set<string>();
  return all.filter((each) => {
    const key =
      each.of === 'sample'
        ? `${each.circuit}|${each.sample.at}|${each.sample.receivedAt}|${each.sample.rxBytes ?? -1}`
        : each.of === 'path'
          ? `${each.device}|${each.portName}|${each.sample.at}`
          : JSON.stringify(each);
    return seen.size !== seen.add(key).size;
  });
};

test('facts do not depend on order, repetition or batches, and equal the pure arithmetic on everything', async () => {
  await fc.assert(
    fc.asyncProperty(observations, fc.integer(), async (given, seed) => {
      const all = withoutTies(given).sort((a, b) => timeOf(a) - timeOf(b));
      const ordered = await live([all], () => NOW);
      const expected = await resultOf(database, ordered);
      const oneByOne = await live(
        all.map((each) => [each]),
        ([each]) => (each === undefined ? NOW : timeOf(each)),
      );
      expect(await resultOf(database, oneByOne)).toEqual(expected);
      const random = await live(shuffled(all, seed), () => NOW);
      expect(await resultOf(database, random)).toEqual(expected);
      for (const circuit of [0, 1, 2, 3]) expectPure(all, circuit, expected);
    }),
    { numRuns: Number(process.env['FACTS_RUNS'] ?? 40) },
  );
}, 120_000);

function expectPure(all: readonly Observation[], circuit: number, stored: Awaited<ReturnType<typeof resultOf>>): void {
  const times = all.flatMap((each) =>
    (each.of === 'sample' || each.of === 'event') && each.circuit === circuit ? [timeOf(each)] : [],
  );
  const input = fullInput(all, circuit);
  const hours = times.length === 0 ? [] : hoursBetween(Math.min(...times), hourOf(NOW));
  const facts = hourFacts(input, hours, () => UNKNOWN_BANDWIDTH, DEFAULT_FACT_SETTINGS);
  const rows: Readonly<Record<string, unknown>>[] = stored.hours.filter((row) => row['circuit'] === circuit);
  expect(
    rows.map((row) => [
      row['hour'],
      row['rx_bytes'],
      row['tx_bytes'],
      row['covered_ms'],
      row['up_ms'],
      row['down_ms'],
      row['flaps'],
      row['latency_count'],
      row['latency_avg'],
      row['counter_reset'],
      row['utilization_pct'],
    ]),
  ).toEqual(
    facts.map((fact) => [
      new Date(fact.hour),
      fact.rxBytes,
      fact.txBytes,
      fact.coveredMs,
      fact.upMs,
      fact.downMs,
      fact.flaps,
      fact.latency.count,
      fact.latency.avg,
      fact.counterReset,
      fact.utilizationPct,
    ]),
  );
  const states =
    times.length === 0
      ? []
      : stateTimeline(input, { from: hourOf(Math.min(...times)), to: hourOf(NOW) }, DEFAULT_FACT_SETTINGS).intervals;
  const spans: Readonly<Record<string, unknown>>[] = stored.states.filter((row) => row['circuit'] === circuit);
  expect(spans.map((row) => [row['from_at'], row['to_at'], row['state']])).toEqual(
    states.map(({ from, to, state }) => [new Date(from), new Date(to), state]),
  );
}
