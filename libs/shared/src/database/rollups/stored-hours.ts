import type { EpochMs, Span } from '@app/domain';
import { copyBatches } from '../copy/copy-rows.js';
import { classifyDatabaseError, type Database } from '../database.js';
import { HOUR_COPY_COLUMNS, storedHourOf, type StoredHour } from './hour-copy.js';

export interface HoursWanted {
  readonly orgId: number;
  /** Hours that start in it. */
  readonly span: Span;
  /** Default: every circuit of the org. */
  readonly circuitIds?: readonly number[];
  /** By circuit and hour; else as the server comes upon them, which is cheaper. */
  readonly isOrdered?: boolean;
}

/** COPY takes no parameters: only numbers and times made of numbers are written into it. */
function selectOf({ orgId, span, circuitIds, isOrdered = false }: HoursWanted): string {
  const whole = (value: number): string => {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${String(value)} is not a whole number.`);
    return String(value);
  };
  const time = (at: EpochMs): string => `'${new Date(at).toISOString()}'`;
  const circuits = circuitIds === undefined ? '' : ` and circuit_id = any('{${circuitIds.map(whole).join(',')}}'::int[])`;
  return `select ${HOUR_COPY_COLUMNS} from circuit_hour
    where org_id = ${whole(orgId)} and hour >= ${time(span.from)} and hour < ${time(span.to)}${circuits}
    ${isOrdered ? 'order by circuit_id, hour' : ''}`;
}

/** Streams stored hours in batches as they arrive; a reader that is slow slows the server down, so that memory stays flat. */
export async function* storedHours(database: Database, wanted: HoursWanted): AsyncGenerator<StoredHour[]> {
  const select = selectOf(wanted);
  const { client, giveBack } = await database.lend();
  let isDone = false;
  try {
    yield* copyBatches(client, select, storedHourOf);
    isDone = true;
  } catch (error) {
    throw classifyDatabaseError(error);
  } finally {
    // A copy that was left half way cannot be stopped but with its connection.
    await giveBack(!isDone);
  }
}
