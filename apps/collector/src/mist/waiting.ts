const HOUR_MS = 3_600_000;

export interface Backoff {
  /** Calls in all, the first included. */
  readonly attempts: number;
  readonly firstMs: number;
  readonly maxMs: number;
}

export const CALL_BACKOFF: Backoff = { attempts: 4, firstMs: 500, maxMs: 8_000 };

/** Wait before the attempt after `attemptsMade`, with full jitter: anywhere from 0 to the doubled step. `random` in [0, 1). */
export function backoffMs({ firstMs, maxMs }: Backoff, attemptsMade: number, random: number): number {
  return Math.round(Math.min(firstMs * 2 ** Math.max(0, attemptsMade - 1), maxMs) * random);
}

/** `Retry-After` as seconds or as a date; `null` when it says neither. */
export function retryAfterMs(header: string | null, now: number): number | null {
  const text = header?.trim() ?? '';
  if (text === '') return null;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

/** Mist counts by the clock hour, so that its top frees the token. */
export const untilNextHourMs = (now: number): number => HOUR_MS - (now % HOUR_MS);

const MAX_PARK_JITTER_MS = 5_000;

/** Spread, so that not all collectors come back in the same instant. */
export const parkJitterMs = (random: number): number => Math.round(MAX_PARK_JITTER_MS * random);
