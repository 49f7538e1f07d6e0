import type { EpochMs } from '@app/domain';
import type { MappedBatch, mapWanHours, PortRecord, SetAside } from '@app/mist';
import type { OrgRow, RawBatch } from '@app/shared';
import type { FactsInput } from '../facts/facts.service.js';

/** What one batch brings to the facts; empty lists where it says nothing of a kind. */
export type Observed = Pick<FactsInput, 'portSamples' | 'portEvents' | 'pathSamples' | 'deviceStates'>;

export const NOTHING_OBSERVED: Observed = { portSamples: [], portEvents: [], pathSamples: [], deviceStates: [] };

/** Port readings that bring their own time, as another collector or a backfill hands them over. */
export interface ReadingsBatch {
  readonly kind: 'port-samples';
  readonly records: readonly PortRecord[];
  readonly positions: readonly number[];
  readonly setAside: readonly SetAside[];
}

/** Hours of WAN ports that a backfill read. */
export type HoursBatch = ReturnType<typeof mapWanHours>;

/** A batch on its way through the analyzer. */
export interface Incoming {
  readonly org: OrgRow;
  readonly batch: RawBatch;
  readonly mapped: MappedBatch | ReadingsBatch | HoursBatch;
  readonly now: EpochMs;
}
