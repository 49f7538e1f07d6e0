import { bucketOf, hourOf, HOUR_MS, rollingMonths, monthsThrough, type Span } from '@app/domain';
import { invalid } from '../http/problem.js';
import { parsePeriod } from '../http/times.js';

const PERIOD = /^(?:(?<months>[1-9]|1[0-3])m|(?<days>[1-9]\d{0,2})d|(?<hours>[1-9]\d{0,3})h)$/;

export const PERIOD_HELP =
  'Instead of from and to: `24h` = so many whole hours before now; `7d` = so many local days, the running one included; `13m` = so many calendar months, the running one included.';

/** The period a caller named: from and to, or a length that ends now. Days and months are those of the zone. */
export function namedPeriod(
  given: { from?: string | undefined; to?: string | undefined; period?: string | undefined },
  { now, zone, fallback }: { now: number; zone: string; fallback: string },
): Span {
  if (given.from !== undefined || given.to !== undefined) {
    if (given.period !== undefined) throw invalid('period', 'period and from/to exclude each other');
    if (given.from === undefined) throw invalid('from', 'from is missing');
    return parsePeriod(given, hourOf(now), HOUR_MS);
  }
  const { months, days, hours } = PERIOD.exec(given.period ?? fallback)?.groups ?? {};
  if (months !== undefined)
    return Number(months) === 13 ? rollingMonths(now + 1, zone) : monthsThrough(now, Number(months), zone);
  if (days !== undefined) return { from: daysBack(now, Number(days) - 1, zone), to: bucketOf(now, 'day', zone).to };
  if (hours !== undefined) return { from: hourOf(now) - Number(hours) * HOUR_MS, to: hourOf(now) };
  throw invalid('period', 'period must be hours, days or months such as 24h, 7d or 13m (at most 13m)');
}

/** Start of the local day so many days before that of an instant; noon is in the same day whatever the clocks do. */
function daysBack(now: number, days: number, zone: string): number {
  const today = bucketOf(now, 'day', zone);
  const noon = today.from + 12 * HOUR_MS - days * 24 * HOUR_MS;
  return bucketOf(noon, 'day', zone).from;
}
