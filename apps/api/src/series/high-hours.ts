import { EMPTY_QUALITY, type FoldableHour } from '@app/domain';
import type { HighHourRow } from './groups.repository.js';

const quality = (avg: number | null) => ({ ...EMPTY_QUALITY, avg });

/** An hour of which only the values that thresholds look at are known. */
export const highFact = (row: HighHourRow): FoldableHour => ({
  hour: row.hour.getTime(),
  rxBytes: null,
  txBytes: null,
  coveredMs: 0,
  utilizationPct: row.utilization,
  peakUtilizationPct: null,
  upMs: 0,
  downMs: 0,
  flaps: null,
  latency: quality(row.latency),
  jitter: quality(row.jitter),
  loss: quality(row.loss),
});
