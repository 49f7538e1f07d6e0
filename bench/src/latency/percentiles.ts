import { round } from '../outcome.js';

/** Of times in milliseconds: nearest rank, so that each is one that was measured. */
export interface Percentiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Throws a `RangeError` when there is nothing to tell. */
export function percentiles(times: readonly number[]): Percentiles {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => {
    const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    if (found === undefined) throw new RangeError('The percentiles of nothing.');
    return round(found, 1);
  };
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}
