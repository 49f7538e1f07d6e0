import { DAY_MS, type EpochMs } from '@app/domain';
import type { Settings } from '@app/shared';

/** Ends of what is kept: older is dropped. */
export interface Cutoffs {
  readonly now: EpochMs;
  readonly samples: EpochMs;
  readonly history: EpochMs;
}

/** Samples count in days from now, history in whole calendar months before the running one. */
export function cutoffsOf(now: EpochMs, { samplesDays, historyMonths }: Settings['retention']): Cutoffs {
  const at = new Date(now);
  return {
    now,
    samples: now - samplesDays * DAY_MS,
    history: Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - historyMonths, 1),
  };
}
