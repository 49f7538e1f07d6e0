import { HOUR_MS, type Span } from '@app/domain';
import { CoverageWorld, FIRST, LAST, LEVELS, type Level, type ToldHour } from './coverage-world.js';
import { NOW } from './drilldown-world.js';

interface Shares {
  readonly up: number;
  readonly down: number;
  readonly unknown: number;
  readonly coverage: number | null;
}
interface Point {
  readonly start: string;
  readonly end: string;
  readonly up_minutes: number;
  readonly down_minutes: number;
  readonly unknown_minutes: number;
  readonly coverage_pct: number | null;
}
interface Availability {
  readonly from: string;
  readonly to: string;
  readonly coverage_pct: number | null;
  readonly minutes: { readonly all: number; readonly up: number; readonly down: number; readonly unknown: number };
}

const [ZONE, SEED] = ['Asia/Kolkata', 20_260_403];
const iso = (at: number): string => new Date(at).toISOString();
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const startsIn = ({ hour }: ToldHour, { from, to }: Span): boolean => from <= hour && hour < to;

/** What a subject should tell of a span: minute by minute of the hours in which its circuits were there; of one circuit every closed hour. */
function expected(own: readonly ToldHour[], span: Span, isCircuit: boolean): Shares {
  const hours = own.filter((each) => startsIn(each, span));
  const [up, down] = [sum(hours.map((each) => each.up)), sum(hours.map((each) => each.down))];
  let possible = hours.length * 60;
  if (isCircuit) {
    possible = 0;
    for (let hour = Math.ceil(span.from / HOUR_MS) * HOUR_MS; hour < span.to; hour += HOUR_MS)
      if (hour + HOUR_MS <= NOW) possible += 60;
  }
  return { up, down, unknown: possible - up - down, coverage: possible === 0 ? null : ((up + down) / possible) * 100 };
}

const rounded = ({ coverage, ...minutes }: Shares): Shares => ({
  ...minutes,
  coverage: coverage === null ? null : Number(coverage.toFixed(9)),
});
const sharesOf = (point: Point): Shares => ({
  up: point.up_minutes,
  down: point.down_minutes,
  unknown: point.unknown_minutes,
  coverage: point.coverage_pct,
});

const PATHS: Readonly<Record<Level, (id: string) => string>> = {
  circuit: (id) => `/circuits/${encodeURIComponent(id)}`,
  site: (id) => `/sites/${id}`,
  region: (id) => `/regions/${id}`,
  store_type: (id) => `/store-types/${id}`,
  provider: (id) => `/providers/${id}`,
};
/** Days begin at half past, so that none of these is a whole one; the last reaches into the future. */
const PERIODS: readonly Span[] = [
  { from: FIRST - 30 * HOUR_MS, to: LAST + 30 * HOUR_MS },
  { from: FIRST + 37 * HOUR_MS, to: FIRST + 101 * HOUR_MS },
  { from: Date.UTC(2026, 2, 27, 18, 30), to: Date.UTC(2026, 3, 1, 18, 30) },
  { from: NOW - 50 * HOUR_MS, to: NOW + 40 * HOUR_MS },
];

describe('coverage of what circuits join and leave', () => {
  let world: CoverageWorld;
  beforeAll(async () => {
    world = await CoverageWorld.start(ZONE, SEED);
  }, 120_000);
  afterAll(() => world.stop());

  const get = <T>(path: string): Promise<T> => world.drilldown.get<T>(path);
  /** Everything of a level, and the whole organization as if it were a level's only one. */
  function subjects(level: Level | 'org'): { path: string; own: ToldHour[] }[] {
    if (level === 'org') return [{ path: '', own: [...world.told] }];
    const ids = [...new Set(world.told.flatMap((told) => told[level] ?? []))].sort();
    return ids.map((id) => ({ path: PATHS[level](id), own: world.told.filter((told) => told[level] === id) }));
  }

  it('is about random circuits that moved, came and went', () => {
    const [whole] = PERIODS;
    if (whole === undefined) throw new Error('There is a period.');
    for (const level of ['site', 'region', 'store_type', 'provider'] as const) expect(subjects(level).length).toBeGreaterThan(1);
    const moved = LEVELS.filter((level) => level !== 'circuit').map((level) =>
      subjects('circuit').some(({ own }) => new Set(own.map((told) => told[level])).size > 1),
    );
    expect(moved).toEqual([true, true, true, true]);
  });

  it.each([...LEVELS, 'org'] as const)('of every %s is that of the plain count, at every grain and in windows', async (level) => {
    for (const { path, own } of subjects(level)) {
      const isCircuit = level === 'circuit';
      for (const { from, to } of PERIODS)
        for (const grain of to - from > 100 * HOUR_MS ? ['day', 'week', 'month'] : ['hour', 'day', 'month']) {
          const { points } = await get<{ points: Point[] }>(
            `${path}/series?from=${iso(from)}&to=${iso(to)}&grain=${grain}&metrics=status`,
          );
          expect(points.map((point) => rounded(sharesOf(point)))).toEqual(
            points.map(({ start, end }) => rounded(expected(own, { from: Date.parse(start), to: Date.parse(end) }, isCircuit))),
          );
        }
      const { windows } = await get<{ windows: Point[] }>(
        `${path}/windows?end=${iso(LAST - 5 * HOUR_MS)}&hours=3,24,150&metrics=status`,
      );
      expect(windows.map((point) => rounded(sharesOf(point)))).toEqual(
        windows.map(({ start, end }) => rounded(expected(own, { from: Date.parse(start), to: Date.parse(end) }, isCircuit))),
      );
    }
  });

  it.each(LEVELS)('of every %s is the same in lists', async (level) => {
    for (const period of PERIODS) {
      const { items } = await get<{ items: (Point & { id: string; facts: number })[] }>(
        `/kpis?of=${level}s&from=${iso(period.from)}&to=${iso(period.to)}`,
      );
      const ids = [...new Set(world.told.filter((told) => startsIn(told, period)).flatMap((told) => told[level] ?? []))];
      expect(items.map(({ id }) => id).sort()).toEqual(ids.sort());
      for (const item of items) {
        const own = world.told.filter((told) => told[level] === item.id);
        const { unknown, ...wanted } = rounded(expected(own, period, level === 'circuit'));
        expect({ id: item.id, ...rounded({ ...sharesOf(item), unknown }) }).toEqual({ id: item.id, ...wanted, unknown });
      }
    }
  });

  it.each(['circuit', 'site', 'region', 'org'] as const)('of every %s is the same beside its availability', async (level) => {
    for (const { path, own } of subjects(level))
      for (const period of PERIODS) {
        const answer = await get<Availability & { months: Availability[] }>(
          `${path}/availability?from=${iso(period.from)}&to=${iso(period.to)}`,
        );
        // Groups are asked by whole local days; a month tells of what of it was asked.
        const asked = { from: Date.parse(answer.from), to: Date.parse(answer.to) };
        for (const each of [answer, ...answer.months]) {
          const span = { from: Math.max(asked.from, Date.parse(each.from)), to: Math.min(asked.to, Date.parse(each.to)) };
          const wanted = rounded(expected(own, span, level === 'circuit'));
          const { all, ...minutes } = each.minutes;
          expect(rounded({ ...minutes, coverage: each.coverage_pct })).toEqual(wanted);
          expect(all).toBe(wanted.up + wanted.down + wanted.unknown);
        }
      }
  });

  it('falls when a polled circuit falls silent, for all that holds it', async () => {
    const silent = world.told.filter(({ hour }) => hour >= LAST);
    const [last] = silent.slice(-1);
    expect(new Set(silent.map(({ circuit }) => circuit)).size).toBe(1);
    for (const path of ['', PATHS.site(last?.site ?? ''), PATHS.region(last?.region ?? '')]) {
      const { windows } = await get<{ windows: Point[] }>(`${path}/windows?hours=3&metrics=status`);
      expect(windows).toMatchObject([{ facts: 3, circuits: 1, unknown_minutes: 180, coverage_pct: 0, flaps: null }]);
    }
  });
});
