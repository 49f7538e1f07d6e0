import type { SleMetric } from '../sle/metrics.js';
import type { Thresholds } from '../thresholds/threshold.js';

/** Credit of a score 0..1 at the metric's own thresholds: straight lines through (0, 0), (critical, 10), (major, 20), (warning, 30), (1, 100). */
export const creditOf = (score: number, { critical, major, warning }: Thresholds): number => {
  const points = [
    [0, 0],
    [critical, 10],
    [major, 20],
    [warning, 30],
    [1, 100],
  ] as const;
  for (let i = 1; i < points.length; i++) {
    const [[fromScore, fromCredit], [toScore, toCredit]] = [points[i - 1] ?? points[0], points[i] ?? points[0]];
    if (score <= toScore)
      return toScore === fromScore
        ? toCredit
        : fromCredit + ((score - fromScore) / (toScore - fromScore)) * (toCredit - fromCredit);
  }
  return 100;
};

export interface HealthPart {
  readonly metric: SleMetric;
  readonly score: number | null;
  readonly thresholds: Thresholds;
  readonly weight?: number;
}

/** Health score 0..100 of a site: weighted mean credit of the metrics with data; null when under half of them (by weight) are known. */
export const healthScore = (parts: readonly HealthPart[]): number | null => {
  let [all, known, credit] = [0, 0, 0];
  for (const { score, thresholds, weight = 1 } of parts) {
    all += weight;
    if (score === null) continue;
    known += weight;
    credit += creditOf(score, thresholds) * weight;
  }
  return known > 0 && known * 2 >= all ? credit / known : null;
};
