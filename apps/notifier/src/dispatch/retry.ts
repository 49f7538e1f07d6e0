import type { EpochMs } from '@app/domain';

const FIRST_MS = 10_000;
const LONGEST_MS = 30 * 60_000;
const GIVE_UP_AFTER_MS = 24 * 60 * 60_000;

/**
 * When a failed delivery is tried again: twice as late each time up to half an hour, with up to a fifth less so that many do not come back at once;
 * `null` after a day. `attempts` counts the failed ones, this one included; `random` in [0, 1).
 */
export function retryAt(
  delivery: { createdAt: EpochMs; attempts: number; retryAfterMs: number | null },
  now: EpochMs,
  random: number,
): EpochMs | null {
  const waitMs = Math.min(FIRST_MS * 2 ** (delivery.attempts - 1), LONGEST_MS) * (1 - 0.2 * random);
  const at = now + Math.round(Math.max(waitMs, delivery.retryAfterMs ?? 0));
  return at - delivery.createdAt > GIVE_UP_AFTER_MS ? null : at;
}
