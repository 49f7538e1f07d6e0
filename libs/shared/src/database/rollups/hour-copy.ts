import { EMPTY_QUALITY, type FoldableHour, type QualityHour } from '@app/domain';
import { orNull, type CopyCursor } from '../copy/copy-cursor.js';

/** A stored hour, with what a fold needs of it. */
export interface StoredHour {
  readonly circuitId: number;
  readonly siteId: number;
  readonly fact: FoldableHour;
}

const QUALITY_COLUMNS = ['latency', 'jitter', 'loss'].flatMap((name) => [
  `${name}_count`,
  `${name}_avg`,
  `${name}_max`,
  `${name}_p95`,
]);

/** What `storedHourOf` reads, in its order. */
export const HOUR_COPY_COLUMNS = [
  ...['circuit_id', 'site_id', 'hour', 'rx_bytes', 'tx_bytes', 'covered_ms', 'utilization_pct', 'peak_utilization_pct'],
  ...['up_ms', 'down_ms', 'flaps', ...QUALITY_COLUMNS],
].join(', ');

/** A copied row of `HOUR_COPY_COLUMNS`. */
export function storedHourOf(row: CopyCursor): StoredHour {
  const circuitId = row.int4();
  const siteId = row.int4();
  const fact = {
    hour: row.instant(),
    rxBytes: orNull(row.int8()),
    txBytes: orNull(row.int8()),
    coveredMs: row.int4(),
    utilizationPct: orNull(row.float8()),
    peakUtilizationPct: orNull(row.float8()),
    upMs: row.int4(),
    downMs: row.int4(),
    flaps: orNull(row.int4()),
    latency: qualityOf(row),
    jitter: qualityOf(row),
    loss: qualityOf(row),
  };
  return { circuitId, siteId, fact };
}

function qualityOf(row: CopyCursor): QualityHour {
  const count = row.int4();
  const [avg, max, p95] = [orNull(row.float8()), orNull(row.float8()), orNull(row.float8())];
  return count === 0 && avg === null && max === null && p95 === null ? EMPTY_QUALITY : { count, avg, max, p95 };
}
