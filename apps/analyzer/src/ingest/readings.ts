import type { EpochMs } from '@app/domain';
import type { PortRecord, SetAside } from '@app/mist';
import { portSampleOf } from '../imports/store-samples.js';
import type { ReadingsBatch } from './observed.js';
import { isTooFarAhead } from './time-check.js';

const isRow = (record: unknown): record is Record<string, unknown> =>
  typeof record === 'object' && record !== null && !Array.isArray(record);

/** Rows with the columns of a port-samples import. One that does not parse, or lies in the future, is set aside with its reason. */
export function readingsOf(rows: readonly unknown[], now: EpochMs): ReadingsBatch {
  const records: PortRecord[] = [];
  const setAside: SetAside[] = [];
  rows.forEach((record, position) => {
    const parsed = isRow(record) ? portSampleOf(record) : { reason: 'the record is not an object' };
    if ('reason' in parsed) setAside.push({ position, reason: parsed.reason, record });
    else if (isTooFarAhead(parsed.sample.at, now))
      setAside.push({ position, reason: 'timestamp is more than five minutes in the future', record });
    else records.push(parsed);
  });
  return { kind: 'port-samples', records, setAside };
}
