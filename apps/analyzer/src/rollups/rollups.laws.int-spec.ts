import {
  DAY_MS,
  HOUR_MS,
  mergeStretches,
  NO_STRETCH,
  perThreshold,
  QUALITY_METRICS,
  type EpochMs,
  type Span,
  type Sums,
} from '@app/domain';
import { aboveOfText } from '@app/shared';
import { epochMs } from '../facts/sql-time.js';
import { byBucket, expectedOf, p95, placedHours, stretchExpected, type Expected, type PlacedHour } from './reference.fixture.js';
import { randomOf, RollupScene, someHour, THRESHOLDS, type ToldHour } from './rollups.fixture.js';
import { SUM_NAMES } from './columns.js';

const GRAINS = ['day', 'week', 'month'] as const;

type Row = Readonly<Record<string, number | string | null>>;

const SUMS = SUM_NAMES.map((name) => `${name}::float8`).join(', ');
const PERCENTILES = ['util_p95', ...QUALITY_METRICS.flatMap((metric) => [`${metric}_p95`, `${metric}_sketched::float8`])].join(
  ', ',
);

/** Sums by the names of their columns. */
const columnsOf = (sums: Sums): Record<string, number | null> => ({
  facts: sums.facts,
  covered_ms: sums.coveredMs,
  rx_bytes: sums.rxBytes,
  tx_bytes: sums.txBytes,
  util_hours: sums.utilization.count,
  util_weight_ms: sums.utilization.weight,
  util_sum: sums.utilization.weightedSum,
  util_max: sums.utilization.max === -Infinity ? null : sums.utilization.max,
  util_peak: sums.peakUtilizationPct,
  up_ms: sums.upMs,
  down_ms: sums.downMs,
  flaps: sums.flaps,
  ...Object.fromEntries(
    QUALITY_METRICS.flatMap((metric) => [
      [`${metric}_count`, sums[metric].weight],
      [`${metric}_sum`, sums[metric].weightedSum],
      [`${metric}_max`, sums[metric].max === -Infinity ? null : sums[metric].max],
    ]),
  ),
});

/** Sums of doubles depend on their order in the last digits. */
const rounded = (value: unknown): unknown => (typeof value === 'number' ? Number(value.toPrecision(11)) : value);
const same = (found: Readonly<Record<string, unknown>>, expected: Readonly<Record<string, unknown>>): void => {
  const of = (from: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.keys(expected).map((key) => [key, rounded(from[key])]));
  expect(of(found)).toEqual(of(expected));
};

const near = (found: number | null, exact: number | null): void => {
  if (exact === null) expect(found).toBeNull();
  else expect(Math.abs((found ?? NaN) - exact)).toBeLessThanOrEqual(0.01 * exact + 1e-6);
};

const hoursOf = ({ from, to }: Span): number => Math.ceil(to / HOUR_MS) - Math.ceil(from / HOUR_MS);

async function expectCircuits(scene: RollupScene, hours: readonly PlacedHour[], now: EpochMs): Promise<void> {
  const zone = scene.org.reportingTimezone;
  for (const grain of GRAINS) {
    const rows = await scene.database.query<
      Row & { circuit_id: number; start: number; lower: number; upper: number; above: string }
    >(
      `select circuit_id, round(${epochMs('start')}) as start, round(${epochMs('stretch_from')}) as lower, round(${epochMs('stretch_to')}) as upper, ${SUMS}, ${PERCENTILES}, above::text
       from circuit_${grain} order by circuit_id, start, stretch_from`,
    );
    const expected = new Map<string, { span: Span; hours: PlacedHour[] }>();
    for (const id of new Set(hours.map(({ circuitId }) => circuitId)))
      for (const bucket of byBucket(
        hours.filter(({ circuitId }) => circuitId === id),
        { grain, zone, now },
      ))
        expected.set(`${id} ${bucket.span.from}`, bucket);
    const found = new Map<string, typeof rows>();
    for (const row of rows)
      found.set(`${row.circuit_id} ${row.start}`, [...(found.get(`${row.circuit_id} ${row.start}`) ?? []), row]);
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [key, { span, hours: inside }] of expected) expectCircuit(found.get(key) ?? [], span, inside);
  }
}

function expectCircuit(
  rows: readonly (Row & { lower: number; upper: number; above: string })[],
  span: Span,
  hours: readonly PlacedHour[],
): void {
  const truth = stretchExpected(hours, span, THRESHOLDS);
  const add = (name: string): number | null => {
    const values = rows.flatMap((row) => (row[name] === null ? [] : [Number(row[name])]));
    if (values.length === 0) return null;
    return /_max|_peak/.test(name) ? Math.max(...values) : values.reduce((a, b) => a + b, 0);
  };
  same(Object.fromEntries(SUM_NAMES.map((name) => [name, add(name)])), columnsOf(truth));
  const states = rows.map((row) => ({
    ...NO_STRETCH,
    above: aboveOfText(row.above, hoursOf({ from: row.lower, to: row.upper })),
  }));
  if (hoursCovered(rows, span)) expect(states.reduce(mergeStretches, NO_STRETCH).above).toEqual(truth.above);
  for (const row of rows) {
    const inside = hours.filter(({ hour }) => row.lower <= hour && hour < row.upper);
    expectPercentiles(row, expectedOf(inside, span, THRESHOLDS));
  }
}

/** A stretch without any hour has no row. */
const hoursCovered = (rows: readonly { lower: number; upper: number }[], span: Span): boolean =>
  rows.reduce((sum, row) => sum + hoursOf({ from: row.lower, to: row.upper }), 0) === hoursOf(span);

function expectPercentiles(row: Row, { utilization, values, only }: Expected): void {
  expect(rounded(row['util_p95'])).toEqual(rounded(p95(utilization)));
  for (const metric of QUALITY_METRICS) {
    if (only[metric] !== null) expect(row[`${metric}_p95`]).toBe(only[metric]);
    else {
      expect(row[`${metric}_sketched`]).toBe(values[metric].length);
      near(row[`${metric}_p95`] as number | null, p95(values[metric]));
    }
  }
}

async function expectGroups(scene: RollupScene, hours: readonly PlacedHour[], now: EpochMs): Promise<void> {
  const zone = scene.org.reportingTimezone;
  for (const grain of GRAINS) {
    const rows = await scene.database.query<Row & { level: string; key: string; start: number; above: number[] }>(
      `select level, key, round(${epochMs('start')}) as start, circuits, ${SUMS}, ${PERCENTILES}, above from group_${grain}`,
    );
    const expected = new Map<string, Expected>();
    for (const { span, hours: inside } of byBucket(hours, { grain, zone, now })) {
      const groups = new Map<string, PlacedHour[]>();
      const add = (level: string, key: string | null, hour: PlacedHour): void => {
        if (key !== null) groups.set(`${level} ${key}`, [...(groups.get(`${level} ${key}`) ?? []), hour]);
      };
      for (const hour of inside) {
        add('org', '', hour);
        add('region', hour.region, hour);
        add('store_type', hour.storeType, hour);
        add('provider', hour.provider, hour);
      }
      for (const [group, members] of groups) expected.set(`${group} ${span.from}`, expectedOf(members, span, THRESHOLDS));
    }
    expect(rows.map(({ level, key, start }) => `${level} ${key} ${start}`).sort()).toEqual([...expected.keys()].sort());
    for (const row of rows) expectGroup(row, expected.get(`${row.level} ${row.key} ${row.start}`));
  }
}

function expectGroup(row: Row & { above: number[]; level: string }, expected: Expected | undefined): void {
  if (expected === undefined) throw new Error('A group is stored that has no hours.');
  same(row, { ...columnsOf(expected.sums), circuits: expected.circuits });
  near(row['util_p95'] as number | null, p95(expected.utilization));
  for (const metric of QUALITY_METRICS) {
    expect(row[`${metric}_sketched`]).toBe(expected.values[metric].length);
    near(row[`${metric}_p95`] as number | null, p95(expected.values[metric]));
  }
  let place = 0;
  const above = perThreshold(() => ({ longest: row.above[place++] ?? NaN, total: row.above[place++] ?? NaN }));
  expect(above).toEqual(expected.above);
}

/** Circuits that move between sites and groups, hours that come late, again, and in any order. */
async function liveThrough(scene: RollupScene, seed: number, span: Span): Promise<ToldHour[]> {
  const random = randomOf(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const { circuits, sites } = await scene.place(4, 3);
  const some = (): EpochMs =>
    span.from + Math.floor((random() * (span.to - span.from)) / HOUR_MS) * HOUR_MS + pick([0, 0, 1_800_000, 1]);
  const told: ToldHour[] = [];
  const moves = circuits.map(() => some());
  for (const [i, circuitId] of circuits.entries())
    for (let hour = span.from; hour < span.to; hour += HOUR_MS) {
      if (random() < 0.12) continue;
      const home = sites[i % sites.length] ?? 0;
      const siteId = i === 0 && hour >= (moves[0] ?? 0) && hour < (moves[0] ?? 0) + 7 * DAY_MS ? (sites[1] ?? 0) : home;
      told.push(someHour(random, { circuitId, siteId, hour }));
    }
  const late = told.filter(() => random() < 0.03).map((hour) => someHour(random, { ...hour, hour: hour.fact.hour }));
  const shuffled = [...told].sort(() => random() - 0.5);
  const batches = Array.from({ length: 6 }, (_, i) =>
    shuffled.slice(Math.floor((i * shuffled.length) / 6), Math.floor(((i + 1) * shuffled.length) / 6)),
  );
  for (const batch of [...batches, late, batches[2] ?? []]) {
    await scene.tell(batch);
    await scene.region(pick(sites), pick([-Infinity, some()]), {
      region: pick(['North', 'South', null]),
      storeType: pick(['mall', 'street', null]),
      source: pick(['configured', 'mist']),
    });
    await scene.provider(
      pick(circuits),
      pick([-Infinity, some()]),
      pick(['Acme', 'Zeta', null]),
      pick(['configured', 'traffic_shaping']),
    );
    if (random() < 0.7) await scene.drain(pick([span.from + 10 * DAY_MS, span.to, span.to + 40 * DAY_MS]));
  }
  return [...told, ...late];
}

describe('rollups', () => {
  it.each([
    ['UTC', Date.UTC(2026, 11, 24), 1],
    ['Europe/Berlin', Date.UTC(2026, 2, 20), 2],
    ['Asia/Kolkata', Date.UTC(2026, 3, 25), 3],
    ['America/St_Johns', Date.UTC(2026, 9, 22), 4],
  ])(
    'in %s are the fold of their hours',
    async (zone, from, seed) => {
      const scene = await RollupScene.open(zone);
      try {
        const span = { from, to: from + 20 * DAY_MS };
        const now = span.to + 40 * DAY_MS;
        const told = await liveThrough(scene, seed, span);
        await scene.drain(now);
        expect(await scene.marks()).toBe(0);
        const hours = await placedHours(scene.database, told);
        await expectCircuits(scene, hours, now);
        await expectGroups(scene, hours, now);
        const before = await scene.dump();
        await scene.drain(now, { again: { from: -Infinity, to: Infinity } });
        expect(await scene.dump()).toEqual(before);
      } finally {
        await scene.close();
      }
    },
    180_000,
  );
});
