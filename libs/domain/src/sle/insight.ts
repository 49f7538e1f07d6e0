import type { EpochMs } from '../sample.js';
import type { Severity } from '../severity.js';
import { DEFAULT_THRESHOLDS } from '../thresholds/defaults.js';
import type { Thresholds } from '../thresholds/threshold.js';
import { type ClassifierShare, topClassifiers } from './classifier.js';
import { type SleMetric, sleMetricOf } from './metrics.js';
import { judgeSle } from './score.js';

/** One score of one metric of a site at one time. */
export interface SleReading {
  readonly metric: SleMetric;
  readonly at: EpochMs;
  readonly score: number | null;
  readonly numAps: number | null;
  readonly numClients: number | null;
  /** WAN metrics count gateways instead of access points. */
  readonly numGateways?: number | null;
}

/** The judgement of one (site, metric, time). */
export interface Insight {
  readonly metric: SleMetric;
  readonly at: EpochMs;
  readonly title: string;
  readonly score: number | null;
  readonly severity: Severity;
  readonly text: string;
  /** The causes that took most, worst first. */
  readonly classifiers: readonly ClassifierShare[];
}

const countText = (count: number | null | undefined, noun: string): string[] =>
  count === null || count === undefined ? [] : [`${String(count)} ${noun}`];

/** A score as people read it: `95.4%`. */
export const scoreText = (score: number): string => `${(score * 100).toFixed(1)}%`;

/** Judges a reading: title, severity and the text `NN.N% - a APs, c clients` (what was not counted is left out); without a score the text says why. */
export const insightOf = (
  reading: SleReading,
  thresholds: Thresholds = DEFAULT_THRESHOLDS[reading.metric],
  classifiers: readonly ClassifierShare[] = [],
): Insight => {
  const { severity, score, basis } = judgeSle(reading, thresholds);
  const counts = [
    ...countText(reading.numAps, 'APs'),
    ...countText(reading.numGateways, 'gateways'),
    ...countText(reading.numClients, 'clients'),
  ].join(', ');
  return {
    metric: reading.metric,
    at: reading.at,
    title: sleMetricOf(reading.metric).title,
    score,
    severity,
    text: [score === null ? basis : scoreText(score), ...(counts === '' ? [] : [counts])].join(' - '),
    classifiers: topClassifiers(classifiers),
  };
};
