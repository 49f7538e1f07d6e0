import type { HourFact } from '@app/domain';

/** An hour fact as it lies in the table. */
export interface HourRow {
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
  readonly latency_count: number;
  readonly latency_avg: number | null;
  readonly latency_max: number | null;
  readonly latency_p95: number | null;
  readonly jitter_count: number;
  readonly jitter_avg: number | null;
  readonly jitter_max: number | null;
  readonly jitter_p95: number | null;
  readonly loss_count: number;
  readonly loss_avg: number | null;
  readonly loss_max: number | null;
  readonly loss_p95: number | null;
}

export const HOUR_COLUMNS = `hour, rx_bytes, tx_bytes, covered_ms, peak_rx_bps, peak_tx_bps, utilization_pct, peak_utilization_pct, bandwidth_down_mbps,
  bandwidth_up_mbps, bandwidth_source, up_ms, down_ms, flaps, counter_reset, latency_count, latency_avg, latency_max, latency_p95, jitter_count,
  jitter_avg, jitter_max, jitter_p95, loss_count, loss_avg, loss_max, loss_p95`;

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
  latency: { count: row.latency_count, avg: row.latency_avg, max: row.latency_max, p95: row.latency_p95 },
  jitter: { count: row.jitter_count, avg: row.jitter_avg, max: row.jitter_max, p95: row.jitter_p95 },
  loss: { count: row.loss_count, avg: row.loss_avg, max: row.loss_max, p95: row.loss_p95 },
});
