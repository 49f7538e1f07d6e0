import type { EpochMs } from '../sample.js';

export const CEILING_WINDOW_MS = 3_600_000;

/**
 * When a destination may get one more: at once is `now`. `taken` are the times of those that count, in any order; no `limit` times within any hour
 * (half-open) are exceeded.
 */
export function roomAt(taken: readonly EpochMs[], limit: number, now: EpochMs): EpochMs {
  const recent = taken.filter((at) => at > now - CEILING_WINDOW_MS).sort((a, b) => b - a);
  const blocking = recent[limit - 1];
  return blocking === undefined ? now : blocking + CEILING_WINDOW_MS;
}
