import type { Grain, Span } from '@app/domain';
import { chooseBuckets, type GrainChoice } from './grain.js';
import { firstHour, wholeHours } from './plan.js';

/** A point's place in time. */
export interface Bucket {
  /** As it is shown: a whole bucket from border to border, a cut one from its first to its last whole hour. */
  readonly shown: Span;
  /** The hours that belong to it. */
  readonly hours: Span;
  /** The calendar's own bucket, when all of its hours were asked for. */
  readonly whole: Span | null;
}

/** Cuts the whole hours of a period into buckets; the first and last may be cut short. */
export function bucketsOf(asked: Span & { grain: GrainChoice; zone: string }): { grain: Grain; buckets: Bucket[] } {
  const period = wholeHours(asked);
  const { grain, buckets } = chooseBuckets({ ...period, grain: asked.grain, zone: asked.zone });
  return { grain, buckets: buckets.map((bucket) => clipped(bucket, period)) };
}

function clipped(bucket: Span, period: Span): Bucket {
  const own = wholeHours(bucket);
  const hours = { from: Math.max(own.from, period.from), to: Math.min(own.to, period.to) };
  const isWhole = hours.from === own.from && hours.to === own.to;
  if (isWhole) return { shown: bucket, hours, whole: bucket };
  const shown = {
    from: hours.from === own.from ? bucket.from : hours.from,
    to: hours.to === own.to ? bucket.to : hours.to,
  };
  return { shown, hours, whole: null };
}

/** The bucket of a span that no calendar made, such as a window. */
export function bucketOfSpan(span: Span): Bucket {
  const hours = { from: firstHour(span.from), to: firstHour(span.to) };
  return { shown: hours, hours, whole: null };
}
