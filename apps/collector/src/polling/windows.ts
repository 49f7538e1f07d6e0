import type { Query } from '../mist/mist.client.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** What Mist files late is found again in the next read. */
const OVERLAP_MS = 10 * MINUTE_MS;
/** Mist keeps events for at least this long; more was never promised. */
const FIRST_READ_MS = DAY_MS;

/** Epoch milliseconds, half-open. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** The last full hours before `now`. Mist's buckets are UTC clock hours; the running one is short and late, so it is left out. */
export function lastFullHours(now: number, hours: number): Window {
  const to = Math.floor(now / HOUR_MS) * HOUR_MS;
  return { from: to - hours * HOUR_MS, to };
}

/** What happened since the last poll that is stored, and a little before it. */
export function sinceLastPoll(now: number, committedAt: number | null): Window {
  return { from: committedAt === null ? now - FIRST_READ_MS : Math.min(committedAt, now) - OVERLAP_MS, to: now };
}

/** As Mist wants it: epoch seconds; both ends, so that no default duration applies. */
export function asQuery({ from, to }: Window): Query {
  return { start: Math.floor(from / 1000), end: Math.ceil(to / 1000) };
}
