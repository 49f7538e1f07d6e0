import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import { bucketOf, HOUR_MS, hourOf, type Span } from '@app/domain';
import { faultOfTime } from './times.js';

export const CLOSED_PERIOD = 'http:closed-period';

export interface ClosedPeriodOptions {
  /** Failovers that go on are part of the answer, and last longer by the second. */
  readonly failovers?: boolean;
  /** The answer is of whole local days: it is over when the last one is. */
  readonly wholeDays?: boolean;
}

/** A period that is over is answered with an ETag, and with 304 while its data are the same. */
export const ClosedPeriod = (options: ClosedPeriodOptions = {}): MethodDecorator =>
  applyDecorators(
    SetMetadata(CLOSED_PERIOD, options),
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'ETag of an earlier answer about a period that was over then.',
      schema: { type: 'string' },
    }),
    ApiResponse({ status: 304, description: 'The data of the period are those of the answer with that ETag. No body.' }),
  );

const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** The local day of a date has ended everywhere that long after its UTC begin. */
const LONGEST_DAY_MS = 36 * HOUR_MS;

type Query = Readonly<Record<string, unknown>>;

const timeIn = (query: Query, name: string): number | null => {
  const text = query[name];
  return typeof text === 'string' && faultOfTime(name, text) === null ? Date.parse(text) : null;
};

function endOf(query: Query): number | null {
  const end = timeIn(query, 'to') ?? timeIn(query, 'end');
  if (end !== null) return end;
  const { day } = query;
  return typeof day === 'string' && DAY.test(day) && timeIn({ day: `${day}T00:00:00Z` }, 'day') !== null
    ? Date.parse(day) + LONGEST_DAY_MS
    : null;
}

/** A period that is over; `from` is null when only the route knows it. */
export interface Closed {
  readonly from: Span['from'] | null;
  readonly to: number;
}

/** The period that a query names, when it names its end and that is over. */
export function closedPeriodOf(query: Query, now: number): Closed | null {
  const to = endOf(query);
  // The running hour is added to, and has no figures before it is over.
  return to === null || to > hourOf(now) ? null : { from: timeIn(query, 'from'), to };
}

/** To the end of its last local day, when that is over too. */
export function inWholeDays({ from, to }: Closed, { zone, now }: { zone: string; now: number }): Closed | null {
  const end = bucketOf(to - 1, 'day', zone).to;
  return end > hourOf(now) ? null : { from, to: end };
}

/** Whether a tag is among those a caller has (RFC 9110: weak comparison; a cache in between may have made ours weak). */
export const hasTag = (ifNoneMatch: string | undefined, tag: string): boolean =>
  ifNoneMatch !== undefined && ifNoneMatch.split(',').some((each) => each.trim().replace(/^W\//, '') === tag);
