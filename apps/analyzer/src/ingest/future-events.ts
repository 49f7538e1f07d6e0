import type { EpochMs } from '@app/domain';
import type { MappedBatch } from '@app/mist';
import { AHEAD_REASON, isTooFarAhead } from './time-check.js';

/** Sets events of the future aside: taken in, one of a device with a wrong clock would outrank every reading until its time has come. */
export function withoutFuture(mapped: MappedBatch, rows: readonly unknown[], now: EpochMs): MappedBatch {
  if (mapped.kind !== 'device-events') return mapped;
  const isAhead = (index: number): boolean => isTooFarAhead(mapped.records[index]?.at ?? now, now);
  const ahead = mapped.positions.filter((_, index) => isAhead(index));
  return {
    ...mapped,
    records: mapped.records.filter((_, index) => !isAhead(index)),
    positions: mapped.positions.filter((_, index) => !isAhead(index)),
    setAside: [...mapped.setAside, ...ahead.map((position) => ({ position, reason: AHEAD_REASON, record: rows[position] }))],
  };
}
