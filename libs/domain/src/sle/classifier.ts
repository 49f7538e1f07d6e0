import type { SleSamples, SleSums } from './score.js';
import { sumSamples } from './score.js';
import { CLASSIFIER_NAMES } from './classifier-names.js';
import { normalizedName } from './metrics.js';

/** What one classifier took from a service level. */
export interface ClassifierShare {
  /** The name as it was delivered. */
  readonly name: string;
  readonly title: string;
  /** Percent of all time that this cause degraded; null when nothing was counted. */
  readonly degradedPct: number | null;
  /** Its share of the loss of the metric, percent. */
  readonly causePct: number | null;
  readonly numUsers: number | null;
  readonly numAps: number | null;
}

export interface ClassifierReading {
  readonly name: string;
  readonly samples: SleSamples;
  readonly numUsers: number | null;
  readonly numAps: number | null;
}

const titleCase = (name: string): string =>
  normalizedName(name)
    .split(/[-\s]+/)
    .filter((word) => word !== '')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');

/** Display name of a classifier; an unknown one is shown in title case, never dropped. */
export const classifierTitle = (name: string): string => CLASSIFIER_NAMES[normalizedName(name)] ?? titleCase(name);

/** Shares of one classifier in a metric with the given sums. A total of 0 is no data. */
export const classifierShare = (reading: ClassifierReading, metric: SleSums): ClassifierShare => {
  const { total, degraded } = sumSamples(reading.samples);
  const named = { name: reading.name, title: classifierTitle(reading.name) };
  if (total <= 0) return { ...named, degradedPct: null, causePct: null, numUsers: null, numAps: null };
  const causePct = metric.degraded > 0 ? (degraded / metric.degraded) * 100 : null;
  return { ...named, degradedPct: (degraded / total) * 100, causePct, numUsers: reading.numUsers, numAps: reading.numAps };
};

/** The classifiers that degrade most, worst first; ties by name. Those without data or loss are left out. */
export const topClassifiers = (shares: readonly ClassifierShare[], limit = 3): ClassifierShare[] =>
  shares
    .filter((share) => (share.degradedPct ?? 0) > 0)
    .sort((a, b) => (b.degradedPct ?? 0) - (a.degradedPct ?? 0) || (a.name < b.name ? -1 : 1))
    .slice(0, limit);

export type ClassifierColour = 'red' | 'dark-orange' | 'orange' | 'green' | 'none';

/** Colour of a degraded percentage. */
export const classifierColour = (degradedPct: number | null): ClassifierColour => {
  if (degradedPct === null) return 'none';
  if (degradedPct >= 20) return 'red';
  if (degradedPct >= 10) return 'dark-orange';
  return degradedPct > 0 ? 'orange' : 'green';
};
