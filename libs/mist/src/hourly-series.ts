import type { EpochMs } from '@app/domain';
import { fieldOf, toMs } from './values.js';

const HOUR_S = 3600;
const HOUR_MS = HOUR_S * 1000;

/** Figures by the start of their hour; null where the hour is not wholly told. */
export type HourlySeries<N extends string> = ReadonlyMap<EpochMs, Readonly<Record<N, number | null>>>;

type Parsed<T> = T | { readonly fault: string };
type Values = readonly (number | null)[];

/**
 * An answer of Mist's insights as hours. Both shapes are read: a list per metric, or `results` with an object a bucket; times are `rt`, else
 * they follow from `start`. Shorter buckets are folded: averages into the mean, peaks (`max_...`) into the highest. Anything but an object is no data.
 */
export function hourlySeries<N extends string>(
  body: unknown,
  names: readonly N[],
  limits: Readonly<Partial<Record<string, number>>>,
): { readonly hours: HourlySeries<N> } | { readonly fault: string } {
  if (body === null || body === undefined) return { hours: new Map() };
  if (typeof body !== 'object' || Array.isArray(body)) return { fault: 'the answer is not an object' };
  const interval = fieldOf(body, 'interval');
  if (typeof interval !== 'number' || !(interval > 0) || HOUR_S % interval !== 0)
    return { fault: `interval must divide an hour, but is ${JSON.stringify(interval)}` };
  const columns = columnsOf(body, names, limits);
  if ('fault' in columns) return columns;
  const length = Math.max(0, ...Object.values<Values>(columns.of).map((values) => values.length));
  const times = timesOf(body, interval, length);
  return 'fault' in times ? times : { hours: folded(names, { columns: columns.of, times: times.of, interval }) };
}

function columnsOf<N extends string>(
  body: object,
  names: readonly N[],
  limits: Readonly<Partial<Record<string, number>>>,
): Parsed<{ readonly of: Record<N, Values> }> {
  const of: Partial<Record<N, Values>> = {};
  const results = fieldOf(body, 'results');
  const rows: readonly unknown[] = Array.isArray(results) ? results : [];
  for (const name of names) {
    const own = fieldOf(body, name);
    const raw: readonly unknown[] = Array.isArray(own) ? own : rows.map((row) => inRow(row, name));
    const bad = raw.findIndex((value) => !isFigure(value, limits[name] ?? Number.MAX_SAFE_INTEGER));
    if (bad >= 0) return { fault: `${name}[${bad}] must be a figure or null, but is ${JSON.stringify(raw[bad])}` };
    of[name] = raw.map((value) => (typeof value === 'number' ? value : null));
  }
  return { of: of as Record<N, Values> };
}

/** A bare number among `results` belongs to no metric by name: with several asked for nobody can tell whose it is, so it is no figure. */
const inRow = (row: unknown, name: string): unknown => {
  if (row === null) return null;
  return typeof row === 'object' ? (fieldOf(row, name) ?? null) : [row];
};

const isFigure = (value: unknown, max: number): boolean =>
  value === null || value === undefined || (typeof value === 'number' && value >= 0 && value <= max);

function timesOf(body: object, intervalS: number, length: number): Parsed<{ readonly of: readonly EpochMs[] }> {
  if (length === 0) return { of: [] };
  const rt = fieldOf(body, 'rt');
  const told: readonly unknown[] = Array.isArray(rt) ? rt : [];
  if (told.length === 0) return countedTimes(body, intervalS, length);
  if (told.length < length) return { fault: `rt has ${told.length} times for ${length} values` };
  const of = told.map(timeOf);
  const bad = of.findIndex((at) => Number.isNaN(at) || at % toMs(intervalS) !== 0);
  return bad < 0 ? { of } : { fault: `rt[${bad}] must be the start of an interval, but is ${JSON.stringify(told[bad])}` };
}

/** The first bucket is the first whole one after `start`. */
function countedTimes(body: object, intervalS: number, length: number): Parsed<{ readonly of: readonly EpochMs[] }> {
  const start = fieldOf(body, 'start');
  if (typeof start !== 'number' || !Number.isFinite(start)) return { fault: 'neither rt nor start tells the times' };
  const firstS = Math.ceil(start / intervalS) * intervalS;
  return { of: Array.from({ length }, (_, index) => toMs(firstS + index * intervalS)) };
}

/** RFC 3339 with `T` or a blank, or epoch seconds. */
const timeOf = (value: unknown): EpochMs =>
  typeof value === 'number' ? toMs(value) : typeof value === 'string' ? Date.parse(value.trim().replace(' ', 'T')) : Number.NaN;

function folded<N extends string>(
  names: readonly N[],
  { columns, times, interval }: { columns: Readonly<Record<N, Values>>; times: readonly EpochMs[]; interval: number },
): HourlySeries<N> {
  const parts = new Map<EpochMs, number[]>();
  times.forEach((at, index) => {
    const hour = Math.floor(at / HOUR_MS) * HOUR_MS;
    parts.set(hour, [...(parts.get(hour) ?? []), index]);
  });
  const wanted = HOUR_S / interval;
  const figure = (name: N, indexes: readonly number[]): number | null => {
    const values = indexes.flatMap((index) => columns[name][index] ?? []);
    if (values.length !== wanted) return null;
    return name.startsWith('max_') ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0) / wanted;
  };
  return new Map(
    [...parts].map(([hour, indexes]) => [
      hour,
      Object.fromEntries(names.map((name) => [name, figure(name, indexes)])) as Record<N, number | null>,
    ]),
  );
}
