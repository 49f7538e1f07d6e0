import { DAY_MS, type EpochMs } from '@app/domain';
import type { Settings } from '@app/shared';

/** Ends of what is kept: older is dropped. */
export interface Cutoffs {
  readonly now: EpochMs;
  readonly samples: EpochMs;
  readonly history: EpochMs;
  /** Reports used last before this are packed, and before that dropped. */
  readonly keptReports: EpochMs;
  readonly archivedReports: EpochMs;
}

/** Samples and kept reports count in days from now, history and the archive in whole calendar months before the running one. */
export function cutoffsOf(now: EpochMs, { retention, reports }: Pick<Settings, 'retention' | 'reports'>): Cutoffs {
  const at = new Date(now);
  const monthsAgo = (months: number): EpochMs => Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - months, 1);
  return {
    now,
    samples: now - retention.samplesDays * DAY_MS,
    history: monthsAgo(retention.historyMonths),
    keptReports: now - reports.keepDays * DAY_MS,
    archivedReports: monthsAgo(reports.archiveMonths),
  };
}
