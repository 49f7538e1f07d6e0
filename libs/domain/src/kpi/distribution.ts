/** A bucket `[fromPct, toPct)` of utilization; 100 itself is still in the last one below, above it nothing bounds. */
export interface UtilizationBucket {
  readonly fromPct: number;
  /** `null`: no upper end. */
  readonly toPct: number | null;
  readonly circuits: number;
}

export interface Distribution {
  readonly buckets: readonly UtilizationBucket[];
  /** Circuits without a value: no bandwidth known, or nothing measured. */
  readonly noData: number;
  readonly circuits: number;
}

const WIDTH_PCT = 10;
const FULL_PCT = 100;
const OVER = FULL_PCT / WIDTH_PCT;
/** Comparisons happen after rounding to so many decimals, as everywhere. */
const ROUNDING = 1e9;

/** Which bucket a value falls into: 0 to 9 for tens of percent, 10 for more than 100. */
export const utilizationBucketOf = (pct: number): number => {
  const rounded = Math.round(pct * ROUNDING) / ROUNDING;
  if (rounded > FULL_PCT) return OVER;
  return Math.min(OVER - 1, Math.max(0, Math.floor(rounded / WIDTH_PCT)));
};

/** Circuits by their utilization, one value each: 0-10, ..., 90-100, more, and those without a value. */
export const utilizationDistribution = (values: Iterable<number | null>): Distribution => {
  const counts = Array.from({ length: OVER + 1 }, () => 0);
  let [noData, circuits] = [0, 0];
  for (const value of values) {
    circuits++;
    if (value === null || Number.isNaN(value)) noData++;
    else counts[utilizationBucketOf(value)] = (counts[utilizationBucketOf(value)] ?? 0) + 1;
  }
  const buckets = counts.map((count, i) => ({
    fromPct: i * WIDTH_PCT,
    toPct: i === OVER ? null : (i + 1) * WIDTH_PCT,
    circuits: count,
  }));
  return { buckets, noData, circuits };
};
