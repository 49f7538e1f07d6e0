import type { Bandwidth } from '../circuit.js';

/** Bytes per millisecond at 1 Mbps: 1e6 / 8 / 1000. */
export const BYTES_PER_MS_AT_1_MBPS = 125;
/** Below 600 covered seconds an hour says too little to be a utilization. */
export const MIN_COVERED_MS = 600_000;

const positive = (mbps: number | null): number | null => (mbps !== null && mbps > 0 ? mbps : null);

/** Received traffic runs against the down bandwidth; one bandwidth given counts for both ways, an explicit 0 is unknown. */
export const downMbpsOf = (bandwidth: Bandwidth): number | null => positive(bandwidth.downMbps ?? bandwidth.upMbps);
export const upMbpsOf = (bandwidth: Bandwidth): number | null => positive(bandwidth.upMbps ?? bandwidth.downMbps);

const larger = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.max(a, b));
const ratio = (amount: number | null, full: number | null): number | null =>
  amount === null || full === null ? null : (amount / full) * 100;

/** The larger of the two directions' shares of what the bandwidth carries in the covered time, percent, not capped; null when unknown. */
export const utilizationOf = (
  {
    rxBytes,
    txBytes,
    coveredMs,
  }: { readonly rxBytes: number | null; readonly txBytes: number | null; readonly coveredMs: number },
  bandwidth: Bandwidth,
): number | null => {
  if (coveredMs < MIN_COVERED_MS) return null;
  const down = downMbpsOf(bandwidth);
  const up = upMbpsOf(bandwidth);
  const bytesAt = coveredMs * BYTES_PER_MS_AT_1_MBPS;
  return larger(ratio(rxBytes, down === null ? null : down * bytesAt), ratio(txBytes, up === null ? null : up * bytesAt));
};

/** Utilization of the busiest interval, percent, from its rates in bit/s. */
export const peakUtilizationOf = (
  { peakRxBps, peakTxBps }: { readonly peakRxBps: number | null; readonly peakTxBps: number | null },
  bandwidth: Bandwidth,
): number | null => {
  const down = downMbpsOf(bandwidth);
  const up = upMbpsOf(bandwidth);
  return larger(ratio(peakRxBps, down === null ? null : down * 1e6), ratio(peakTxBps, up === null ? null : up * 1e6));
};

/** Over 100 % means that the bandwidth on record is wrong. */
export const isOverBandwidth = (utilizationPct: number | null): boolean => utilizationPct !== null && utilizationPct > 100 + 1e-9;
