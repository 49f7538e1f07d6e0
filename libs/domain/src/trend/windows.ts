import type { EpochMs, Span } from '../sample.js';
import { bucketOf, DAY_MS, hourOf } from '../time/bucket.js';
import { trailingHours } from '../time/window.js';

export const TREND_SPANS = ['day', 'week'] as const;
/** What a window is compared with: itself a day, or seven days, before. */
export type TrendSpan = (typeof TREND_SPANS)[number];

/** Length of the window that is compared unless another is asked for. */
export const TREND_HOURS = 24;

const DAYS: Readonly<Record<TrendSpan, number>> = { day: 1, week: 7 };

export interface TrendWindows {
  readonly now: Span;
  readonly before: Span;
}

/** The `hours` whole hours before an explicit end, and the same hours a day or a week before. */
export const trendWindows = (end: EpochMs, against: TrendSpan, hours = TREND_HOURS): TrendWindows => {
  const now = trailingHours(end, hours);
  const shift = DAYS[against] * DAY_MS;
  return { now, before: { from: now.from - shift, to: now.to - shift } };
};

/** A calendar day of the zone, and the calendar day one or seven days before, of 23, 24 or 25 hours each. */
export const trendDays = (at: EpochMs, against: TrendSpan, zone: string): TrendWindows => {
  const now = bucketOf(at, 'day', zone);
  let before = now;
  for (let day = 0; day < DAYS[against]; day++) before = bucketOf(before.from - 1, 'day', zone);
  return { now: { from: now.from, to: now.to }, before: { from: before.from, to: before.to } };
};

/** First whole hour at or after an instant: hours belong to the period in which they start. */
export const firstHourIn = (at: EpochMs): EpochMs => hourOf(at + 3_600_000 - 1);
