import type { HourFact } from '@app/domain';
import { qualitiesOf, QUALITY_COLUMNS, type QualityColumns } from './quality-columns.js';

/** An hour fact as it lies in the table. */
export interface HourRow extends QualityColumns {
  readonly hour: Date;
  readonly rx_bytes: number | null;
  readonly tx_bytes: number | null;
  readonly covered_ms: number;
  readonly peak_rx_bps: number | null;
  readonly peak_tx_bps: number | null;
  readonly utilization_pct: number | null;
  readonly peak_utilization_pct: number | null;
  readonly bandwidth_down_mbps: number | null;
  readonly bandwidth_up_mbps: number | null;
  readonly bandwidth_source: HourFact['bandwidth']['source'];
  readonly up_ms: number;
  readonly down_ms: number;
  readonly flaps: number | null;
  readonly counter_reset: boolean;
}

export const HOUR_COLUMNS = `hour, rx_bytes, tx_bytes, covered_ms, peak_rx_bps, peak_tx_bps, utilization_pct, peak_utilization_pct, bandwidth_down_mbps,
  bandwidth_up_mbps, bandwidth_source, up_ms, down_ms, flaps, counter_reset, ${QUALITY_COLUMNS}`;

export const factOf = (row: HourRow): HourFact => ({
  hour: row.hour.getTime(),
  rxBytes: row.rx_bytes,
  txBytes: row.tx_bytes,
  coveredMs: row.covered_ms,
  peakRxBps: row.peak_rx_bps,
  peakTxBps: row.peak_tx_bps,
  utilizationPct: row.utilization_pct,
  peakUtilizationPct: row.peak_utilization_pct,
  bandwidth: { downMbps: row.bandwidth_down_mbps, upMbps: row.bandwidth_up_mbps, source: row.bandwidth_source },
  upMs: row.up_ms,
  downMs: row.down_ms,
  flaps: row.flaps,
  counterReset: row.counter_reset,
  ...qualitiesOf(row),
});
