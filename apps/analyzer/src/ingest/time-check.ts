import type { EpochMs } from '@app/domain';
import { PermanentError, type RawBatch } from '@app/shared';

/** Records more than this in the future are a wrong clock, not news. */
export const MAX_AHEAD_MS = 5 * 60_000;

export const isTooFarAhead = (observedAt: EpochMs, now: EpochMs): boolean => observedAt > now + MAX_AHEAD_MS;

export const AHEAD_REASON = 'timestamp is more than five minutes in the future';

/** Mist keeps nothing for so long: a live event older than this comes from a wrong clock. */
const MAX_AGE_MS = 366 * 86_400_000;

export const isTooOld = (at: EpochMs, now: EpochMs): boolean => at < now - MAX_AGE_MS;

export const TOO_OLD_REASON = 'timestamp is more than a year old';

/** The whole batch is parked: it can be replayed once the clocks agree. */
export const tooFarAhead = (batch: RawBatch, now: EpochMs): PermanentError =>
  new PermanentError(
    'BATCH_IN_FUTURE',
    `Batch ${batch.batchId} of ${batch.kind} was observed at ${new Date(batch.observedAt).toISOString()}, more than five minutes after now (${new Date(now).toISOString()}). Check the clocks of collector and analyzer, then replay the parked job.`,
    { details: { orgId: batch.orgId, kind: batch.kind } },
  );
