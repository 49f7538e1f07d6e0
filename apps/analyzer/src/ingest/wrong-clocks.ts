import type { EpochMs } from '@app/domain';
import type { MappedBatch } from '@app/mist';
import { AHEAD_REASON, isTooFarAhead, isTooOld, TOO_OLD_REASON } from './time-check.js';

/**
 * Sets events of devices with a wrong clock aside: one of the future would outrank every reading until its time has come, one of 1970 would make
 * facts for half a century.
 */
export function withoutWrongClocks(mapped: MappedBatch, rows: readonly unknown[], now: EpochMs): MappedBatch {
  if (mapped.kind !== 'device-events') return mapped;
  const reasons = mapped.records.map(({ at }) =>
    isTooFarAhead(at, now) ? AHEAD_REASON : isTooOld(at, now) ? TOO_OLD_REASON : null,
  );
  const setAside = mapped.positions.flatMap((position, index) => {
    const reason = reasons[index];
    return reason === null || reason === undefined ? [] : [{ position, reason, record: rows[position] }];
  });
  const isKept = (_: unknown, index: number): boolean => reasons[index] === null;
  return {
    ...mapped,
    records: mapped.records.filter(isKept),
    positions: mapped.positions.filter(isKept),
    setAside: [...mapped.setAside, ...setAside],
  };
}
