import { DateTime, IANAZone } from 'luxon';
import type { EpochMs, Span } from '../sample.js';

export const SECOND_MS = 1000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export const GRAINS = ['hour', 'day', 'week', 'month'] as const;
export type Grain = (typeof GRAINS)[number];

/** A calendar bucket `[from, to)`; `key` is its ISO name: `2026-01-26T10Z`, `2026-01-26`, `2026-W05`, `2026-01`. */
export interface Bucket extends Span {
  readonly grain: Grain;
  readonly key: string;
}

/** Start of the UTC hour that holds `at`. */
export const hourOf = (at: EpochMs): EpochMs => Math.floor(at / HOUR_MS) * HOUR_MS;

/** Starts of all UTC hours that lie, even partly, in `[from, to)`. */
export const hoursBetween = (from: EpochMs, to: EpochMs): EpochMs[] => {
  const hours: EpochMs[] = [];
  for (let hour = hourOf(from); hour < to; hour += HOUR_MS) hours.push(hour);
  return hours;
};

/** Whether the name is an IANA time zone this runtime knows. */
export const isZone = (zone: string): boolean => IANAZone.isValidZone(zone);

const KEY_FORMATS: Record<Grain, string> = {
  hour: "yyyy-MM-dd'T'HH'Z'",
  day: 'yyyy-MM-dd',
  week: "kkkk-'W'WW",
  month: 'yyyy-MM',
};

const local = (at: EpochMs, zone: string): DateTime => {
  const moment = DateTime.fromMillis(at, { zone });
  if (!moment.isValid)
    throw new RangeError(`Cannot place ${String(at)} in time zone "${zone}": use an IANA name such as Europe/Berlin.`);
  return moment;
};

const bucketAt = (moment: DateTime, grain: Grain): Bucket => {
  const start = moment.startOf(grain);
  return {
    grain,
    from: start.toMillis(),
    to: start
      .plus({ [grain]: 1 })
      .startOf(grain)
      .toMillis(),
    key: start.toFormat(KEY_FORMATS[grain]),
  };
};

/** The bucket that holds `at`: UTC for hours; the reporting zone for days, ISO weeks (ISO year) and months. */
export const bucketOf = (at: EpochMs, grain: Grain, zone = 'utc'): Bucket =>
  bucketAt(local(at, grain === 'hour' ? 'utc' : zone), grain);

/** `bucketOf` for many instants in about ascending order: looks a bucket up only when the last one does not hold the instant. */
export const bucketFinder = (grain: Grain, zone = 'utc'): ((at: EpochMs) => Bucket) => {
  let last: Bucket | null = null;
  return (at) => {
    if (last === null || at < last.from || at >= last.to) last = bucketOf(at, grain, zone);
    return last;
  };
};

/** All buckets that lie, even partly, in `[from, to)`, ascending. */
export const bucketsBetween = (from: EpochMs, to: EpochMs, grain: Grain, zone = 'utc'): Bucket[] => {
  const buckets: Bucket[] = [];
  for (let at = from; at < to;) {
    const bucket = bucketOf(at, grain, zone);
    buckets.push(bucket);
    at = bucket.to;
  }
  return buckets;
};

/** The calendar months `months - 1` before the month of `at`, through that month's end, in the zone. */
export const monthsThrough = (at: EpochMs, months: number, zone = 'utc'): Span => {
  const start = local(at, zone).startOf('month');
  return { from: start.minus({ months: months - 1 }).toMillis(), to: start.plus({ months: 1 }).toMillis() };
};

/** UTC hours that belong to the bucket: those that start in it. */
export const hoursOfBucket = (bucket: Span): EpochMs[] => hoursBetween(hourOf(bucket.from + HOUR_MS - 1), bucket.to);
