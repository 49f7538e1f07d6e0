import { bucketOf, GRAINS, HOUR_MS, hourOf, type EpochMs, type Grain, type Span } from '@app/domain';

/** Grains that are stored, the coarsest first. */
export const STORED_GRAINS = ['month', 'week', 'day'] as const satisfies readonly Grain[];
export type StoredGrain = (typeof STORED_GRAINS)[number];

/** What is stored of an organization: days as they come, weeks and months once they are over. */
export interface Stored {
  readonly zone: string;
  /** Weeks and months that ended up to here are stored. */
  readonly closedUntil: EpochMs;
}

/** A piece of a period and where its figures are read: stored rows that start in it, or the hours that do. */
export interface Part extends Span {
  readonly source: StoredGrain | 'hour';
}

/** An hour belongs to the span in which it starts: the first one at or after an instant. */
export const firstHour = (at: EpochMs): EpochMs => hourOf(at + HOUR_MS - 1);

/** A span of whole hours: the hours that start in the given one. */
export const wholeHours = ({ from, to }: Span): Span => ({ from: firstHour(from), to: firstHour(to) });

/** `grain` and the finer stored ones. */
export const storedGrainsFrom = (grain: Grain): readonly StoredGrain[] =>
  STORED_GRAINS.filter((each) => GRAINS.indexOf(each) <= GRAINS.indexOf(grain));

/**
 * Cuts a period into as few stored months, weeks and days as tell it exactly, and hours at its edges, in time order. A stored row counts only when
 * all hours of it lie in the period: never a whole day for half a day asked. With nothing stored everything is hours.
 */
export function partsOf(span: Span, stored: Stored | null, grains: readonly StoredGrain[] = STORED_GRAINS): Part[] {
  const hours = wholeHours(span);
  if (hours.from >= hours.to) return [];
  const [grain, ...finer] = grains;
  if (stored === null || grain === undefined) return [{ source: 'hour', ...hours }];
  const middle = wholeBuckets(hours, grain, stored);
  if (middle === null) return partsOf(hours, stored, finer);
  return [
    ...partsOf({ from: hours.from, to: middle.from }, stored, finer),
    { source: grain, ...middle },
    ...partsOf({ from: middle.to, to: hours.to }, stored, finer),
  ];
}

/** From the start of the first bucket to the end of the last that are stored and lie wholly in the hours. */
function wholeBuckets(hours: Span, grain: StoredGrain, { zone, closedUntil }: Stored): Span | null {
  const end = grain === 'day' ? hours.to : Math.min(hours.to, closedUntil);
  if (end <= hours.from) return null;
  const first = bucketOf(hours.from, grain, zone);
  const last = bucketOf(end - 1, grain, zone);
  const from = firstHour(first.from) >= hours.from ? first.from : first.to;
  const isLastWhole = firstHour(last.to) <= hours.to && (grain === 'day' || last.to <= closedUntil);
  const to = isLastWhole ? last.to : last.from;
  return from < to ? { from, to } : null;
}
