import { DAY_MS, type EpochMs } from '@app/domain';
import { CopyWriter } from '@app/shared';

/** Columns of `rollup_mark` in the order of `markRows`. */
export const MARK_COLUMNS = ['org_id', 'circuit_id', 'from_hour', 'to_hour'];

/** Hours of a circuit from the first to the last that the rollups have to look at. */
export interface Mark {
  readonly circuitId: number;
  readonly from: EpochMs;
  to: EpochMs;
}

/** Lengthens the last mark when the hour comes within a day after it, else adds one. */
export function noteMark(marks: Mark[], circuitId: number, hour: EpochMs): void {
  const last = marks.at(-1);
  if (last?.circuitId === circuitId && hour >= last.to && hour - last.to <= DAY_MS) last.to = hour;
  else marks.push({ circuitId, from: hour, to: hour });
}

/** Rows of `rollup_mark` to be appended. */
export function markRows(orgId: number, marks: readonly Mark[]): CopyWriter {
  const rows = new CopyWriter();
  for (const { circuitId, from, to } of marks) {
    rows.row(MARK_COLUMNS.length);
    rows.int4(orgId);
    rows.int4(circuitId);
    rows.instant(from);
    rows.instant(to);
  }
  return rows;
}
