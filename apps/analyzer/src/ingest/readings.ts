import type { EpochMs } from '@app/domain';
import type { PortRecord, SetAside } from '@app/mist';
import { storable } from '@app/shared';
import { portSampleOf } from '../imports/store-samples.js';
import type { ReadingsBatch } from './observed.js';
import { AHEAD_REASON, isTooFarAhead } from './time-check.js';

const isRow = (record: unknown): record is Record<string, unknown> =>
  typeof record === 'object' && record !== null && !Array.isArray(record);

function parsedRow(record: unknown): ReturnType<typeof portSampleOf> {
  if (!isRow(record)) return { reason: 'the record is not an object' };
  return storable(record) === record ? portSampleOf(record) : { reason: 'a text holds NUL or half a surrogate pair' };
}

/** Rows with the columns of a port-samples import. One that does not parse, or lies in the future, is set aside with its reason. */
export function readingsOf(rows: readonly unknown[], now: EpochMs): ReadingsBatch {
  const records: PortRecord[] = [];
  const positions: number[] = [];
  const setAside: SetAside[] = [];
  rows.forEach((record, position) => {
    const parsed = parsedRow(record);
    if ('reason' in parsed) setAside.push({ position, reason: parsed.reason, record });
    else if (isTooFarAhead(parsed.sample.at, now)) setAside.push({ position, reason: AHEAD_REASON, record });
    else {
      records.push(parsed);
      positions.push(position);
    }
  });
  return { kind: 'port-samples', records, positions, setAside };
}
