import type { Severity } from '../severity.js';
import { DEFAULT_THRESHOLDS } from '../thresholds/defaults.js';
import { severityOf, type Thresholds } from '../thresholds/threshold.js';
import { type SleMetric, sleMetricOf } from './metrics.js';

/** Buckets of one service level: user time (or what the metric counts) in all, and the part that was bad. */
export interface SleSamples {
  readonly total: readonly (number | null)[];
  readonly degraded: readonly (number | null)[];
}

export interface SleSums {
  readonly total: number;
  readonly degraded: number;
}

/** Sums over the buckets in which both figures are known and something was counted; these add up over hours. */
export const sumSamples = ({ total, degraded }: SleSamples): SleSums => {
  const sums = { total: 0, degraded: 0 };
  total.forEach((all, i) => {
    const bad = degraded[i] ?? null;
    if (all === null || bad === null || !(all > 0)) return;
    sums.total += all;
    sums.degraded += bad;
  });
  return sums;
};

/** Share of good time, 0..1; null where nothing was counted, never 0 or 1. */
export const scoreOf = ({ total, degraded }: SleSums): number | null => (total > 0 ? (total - degraded) / total : null);

/** A longer score from shorter ones: each weighs its user time. */
export const weightedScore = (parts: readonly { readonly score: number | null; readonly weight: number }[]): number | null => {
  const known = parts.filter((part): part is { score: number; weight: number } => part.score !== null && part.weight > 0);
  const weight = known.reduce((sum, part) => sum + part.weight, 0);
  return weight > 0 ? known.reduce((sum, part) => sum + part.score * part.weight, 0) / weight : null;
};

export type SleBasis = 'score' | 'no data' | 'no data (no clients)';

export interface SleVerdict {
  readonly severity: Severity;
  /** Score that counts: null when there is none, or no client that it could speak of. */
  readonly score: number | null;
  readonly basis: SleBasis;
}

/** Severity of an unrounded score. With no client, client-based metrics say nothing; AP health and WAN metrics always do. */
export const judgeSle = (
  {
    metric,
    score,
    numClients,
  }: { readonly metric: SleMetric; readonly score: number | null; readonly numClients: number | null },
  thresholds: Thresholds = DEFAULT_THRESHOLDS[metric],
): SleVerdict => {
  if (numClients === 0 && sleMetricOf(metric).isClientBased)
    return { severity: 'unknown', score: null, basis: 'no data (no clients)' };
  if (score === null) return { severity: 'unknown', score: null, basis: 'no data' };
  return { severity: severityOf(score, thresholds, 'lower'), score, basis: 'score' };
};
