import type { EpochMs } from '@app/domain';
import type { CollectSettings } from '@app/shared';

/** When each part of the way from Mist to people was last seen at work; `null` = never, for the outbox = nothing waits. */
export interface ChainStanding {
  readonly polledAt: EpochMs | null;
  readonly committedAt: EpochMs | null;
  /** Since when a change of an alert waits for the notifier. */
  readonly waitingSince: EpochMs | null;
  readonly sweptAt: EpochMs | null;
}

const MINUTE_MS = 60_000;
const LATE_MS = MINUTE_MS;
const WAITING_MS = 5 * MINUTE_MS;
/** A sweep comes every few seconds; a mail server that does not answer holds one up for a while. */
const SWEEP_MS = 3 * MINUTE_MS;
const POLL_INTERVALS = 2;
const COMMIT_INTERVALS = 3;

/** Which part of the way stands still; `null` = all of it works. Polls are judged by the kind of data that is read most often. */
export function brokenPart(
  { polledAt, committedAt, waitingSince, sweptAt }: ChainStanding,
  intervalsSeconds: CollectSettings['intervalsSeconds'],
  now: EpochMs,
): string | null {
  const intervalMs = Math.min(...Object.values(intervalsSeconds)) * 1_000;
  const isOlder = (at: EpochMs | null, ms: number): boolean => at === null || now - at > ms;
  if (isOlder(polledAt, POLL_INTERVALS * intervalMs + LATE_MS)) return 'the collector does not poll';
  if (isOlder(committedAt, COMMIT_INTERVALS * intervalMs + LATE_MS)) return 'nothing new is stored';
  if (waitingSince !== null && now - waitingSince > WAITING_MS) return 'changes of alerts wait for the notifier';
  return isOlder(sweptAt, SWEEP_MS) ? 'the sweep of the notifier does not come to its end' : null;
}
