import { DAY_MS, GRAINS, HOUR_MS, hoursBetween, type Grain, type Span } from '@app/domain';
import { problem } from '../http/problem.js';
import { calendarBuckets } from './calendar.js';

/** Points a chart can show and a caller gets at most. */
export const MAX_POINTS = 750;

export const GRAIN_CHOICES = [...GRAINS, 'auto'] as const;
export type GrainChoice = (typeof GRAIN_CHOICES)[number];

/** Most milliseconds a bucket of each grain has: a bound before any calendar is read. */
const LONGEST_MS: Readonly<Record<Grain, number>> = {
  hour: HOUR_MS,
  day: DAY_MS + HOUR_MS,
  week: 7 * DAY_MS + HOUR_MS,
  month: 31 * DAY_MS + HOUR_MS,
};

interface Asked {
  readonly from: number;
  readonly to: number;
  readonly grain: GrainChoice;
  readonly zone: string;
}

/** Where a zone's days begin at half past, the last half hour of a period may lie in the next day, and none of its hours. */
const startsHour = ({ from, to }: Span): boolean => Math.ceil(from / HOUR_MS) * HOUR_MS < to;

function bucketsOf({ from, to, zone }: Asked, grain: Grain): readonly Span[] | null {
  if ((to - from) / LONGEST_MS[grain] > MAX_POINTS) return null;
  // Hours are the same in every zone, so they need no calendar.
  const buckets =
    grain === 'hour'
      ? hoursBetween(from, to).map((hour) => ({ from: hour, to: hour + HOUR_MS }))
      : calendarBuckets({ from, to }, grain, zone).filter((bucket) =>
          startsHour({ from: Math.max(bucket.from, from), to: Math.min(bucket.to, to) }),
        );
  return buckets.length > MAX_POINTS ? null : buckets;
}

/** The buckets of a series: of the grain asked for, or of the finest that fits; refuses what is too long. */
export function chooseBuckets(asked: Asked): { grain: Grain; buckets: readonly Span[] } {
  const candidates = asked.grain === 'auto' ? GRAINS : [asked.grain];
  for (const grain of candidates) {
    const buckets = bucketsOf(asked, grain);
    if (buckets !== null) return { grain, buckets };
  }
  const points = Math.floor((asked.to - asked.from) / LONGEST_MS[candidates.at(-1) ?? 'month']);
  throw problem('too-many-points', {
    detail: `At least ${String(points)} points of grain ${asked.grain}; at most ${String(MAX_POINTS)} are given. Ask for a shorter period or a coarser grain.`,
  });
}
