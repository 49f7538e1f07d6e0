import type { PathHour, QualityHour } from '@app/domain';
import { copyIfNew, CopyWriter, type Transaction } from '@app/shared';
import { single, type PathHourRow } from './path-hours.repository.js';

const NULL = Number.NaN;
const COLUMNS = [
  ...['org_id', 'circuit_id', 'hour', 'peer', 'up_ms', 'down_ms', 'flaps'],
  ...['latency', 'jitter', 'loss'].flatMap((name) => [`${name}_count`, `${name}_avg`, `${name}_max`, `${name}_p95`]),
  ...['mos_count', 'mos_avg', 'mos_min', 'mtu', 'last_up', 'last_at'],
];

function writeQuality(rows: CopyWriter, { count, avg, max, p95 }: QualityHour): void {
  rows.int4(count);
  rows.float4(single(avg) ?? NULL);
  rows.float4(single(max) ?? NULL);
  rows.float4(single(p95) ?? NULL);
}

function writeRest(rows: CopyWriter, { mos, mtu, last }: PathHour): void {
  rows.int4(mos.count);
  rows.float4(single(mos.avg) ?? NULL);
  rows.float4(single(mos.min) ?? NULL);
  rows.int4(mtu ?? NULL);
  if (last === null) rows.null();
  else rows.bool(last.state === 'up');
  rows.instant(last?.at ?? NULL);
}

/** Appends hours of paths that have none yet. `false`, and nothing is stored, where one is there already: that is for `storePathHours`. */
export function storeNewPathHours(tx: Transaction, orgId: number, made: readonly PathHourRow[]): Promise<boolean> {
  const rows = new CopyWriter();
  for (const { circuitId, row } of made) {
    rows.row(COLUMNS.length);
    rows.int4(orgId);
    rows.int4(circuitId);
    rows.instant(row.hour);
    rows.text(row.peer);
    rows.int4(row.upMs);
    rows.int4(row.downMs);
    rows.int4(row.flaps);
    writeQuality(rows, row.latency);
    writeQuality(rows, row.jitter);
    writeQuality(rows, row.loss);
    writeRest(rows, row);
  }
  return copyIfNew(tx, [{ table: 'path_hour', columns: COLUMNS, rows }]);
}
