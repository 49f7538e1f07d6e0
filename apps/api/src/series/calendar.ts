import { bucketsBetween, type Grain, type Span } from '@app/domain';

/** Zones and years people ask about: a bound, so that hostile periods cannot fill the memory. */
const MAX_YEARS = 600;
const years = new Map<string, readonly Span[]>();

/** The buckets that begin in a UTC year. Calendars are slow to compute and never change, so each year is computed once. */
function bucketsOfYear(year: number, grain: Grain, zone: string): readonly Span[] {
  const key = `${zone} ${grain} ${String(year)}`;
  const known = years.get(key);
  if (known !== undefined) return known;
  const [from, to] = [Date.UTC(year, 0), Date.UTC(year + 1, 0)];
  const buckets = bucketsBetween(from, to, grain, zone).filter((bucket) => bucket.from >= from);
  if (years.size >= MAX_YEARS) years.clear();
  years.set(key, buckets);
  return buckets;
}

/** All buckets that lie, even partly, in the span, ascending: `bucketsBetween`, remembered. */
export function calendarBuckets({ from, to }: Span, grain: Grain, zone: string): Span[] {
  const buckets: Span[] = [];
  for (let year = new Date(from).getUTCFullYear() - 1; year <= new Date(to).getUTCFullYear(); year++)
    for (const bucket of bucketsOfYear(year, grain, zone)) if (bucket.to > from && bucket.from < to) buckets.push(bucket);
  return buckets;
}
