/** Weighted values, mergeable: an hour, a day and a month are the same fold. `EMPTY_SUMMARY` is the identity, never stored. */
export interface Summary {
  /** How many values, and their weights together (covered time, or samples). */
  readonly count: number;
  readonly weight: number;
  readonly weightedSum: number;
  /** -Infinity while no highest value is known. */
  readonly max: number;
}

export const EMPTY_SUMMARY: Summary = { count: 0, weight: 0, weightedSum: 0, max: -Infinity };

/** An average whose highest value nobody knows (from another system) is an average all the same, and so the other way round. */
export const summaryOf = (value: number | null, weight: number, max: number | null = value): Summary => {
  const known = { ...EMPTY_SUMMARY, max: max ?? EMPTY_SUMMARY.max };
  return value === null ? known : { ...known, count: 1, weight, weightedSum: value * weight };
};

export const mergeSummaries = (a: Summary, b: Summary): Summary => ({
  count: a.count + b.count,
  weight: a.weight + b.weight,
  weightedSum: a.weightedSum + b.weightedSum,
  max: Math.max(a.max, b.max),
});

/** `null`, not 0: no data is not good data. */
export const meanOf = ({ weight, weightedSum }: Summary): number | null => (weight > 0 ? weightedSum / weight : null);
export const maxOf = ({ max }: Summary): number | null => (max > -Infinity ? max : null);
