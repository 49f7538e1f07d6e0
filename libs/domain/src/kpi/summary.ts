/** Weighted values, mergeable: an hour, a day and a month are the same fold. `EMPTY_SUMMARY` is the identity, never stored. */
export interface Summary {
  /** How many values, and their weights together (covered time, or samples). */
  readonly count: number;
  readonly weight: number;
  readonly weightedSum: number;
  readonly max: number;
}

export const EMPTY_SUMMARY: Summary = { count: 0, weight: 0, weightedSum: 0, max: -Infinity };

export const summaryOf = (value: number | null, weight: number, max: number | null = value): Summary =>
  value === null || max === null ? EMPTY_SUMMARY : { count: 1, weight, weightedSum: value * weight, max };

export const mergeSummaries = (a: Summary, b: Summary): Summary => ({
  count: a.count + b.count,
  weight: a.weight + b.weight,
  weightedSum: a.weightedSum + b.weightedSum,
  max: Math.max(a.max, b.max),
});

/** `null`, not 0: no data is not good data. */
export const meanOf = ({ weight, weightedSum }: Summary): number | null => (weight > 0 ? weightedSum / weight : null);
export const maxOf = ({ count, max }: Summary): number | null => (count > 0 ? max : null);
