import type { Worse } from '../kpi/kpi.js';
import type { Severity } from '../severity.js';

export const LEVELS = ['warning', 'major', 'critical'] as const;
export type Level = (typeof LEVELS)[number];

/** Where a figure begins to be warning, major, critical. */
export type Thresholds = Readonly<Record<Level, number>>;

/** Comparisons see nine decimals, so that the noise of sums does not decide. */
export const roundForComparison = (value: number): number => {
  const scaled = value * 1e9;
  return Math.abs(scaled) < Number.MAX_SAFE_INTEGER ? Math.round(scaled) / 1e9 : value;
};

/** "Above" is at or above. */
export const isAtOrAbove = (value: number, threshold: number): boolean => roundForComparison(value) >= threshold;

/** The least value >= 0 that is at or above a threshold: with it a plain `>=`, in SQL say, compares as `isAtOrAbove` does. */
export const leastAtOrAbove = (threshold: number): number => {
  if (isAtOrAbove(0, threshold)) return 0;
  // Doubles >= 0 are in the order of their bits.
  let [under, above] = [0n, bitsOf(2 * threshold + 1)];
  while (above - under > 1n) {
    const middle = (under + above) / 2n;
    if (isAtOrAbove(ofBits(middle), threshold)) above = middle;
    else under = middle;
  }
  return ofBits(above);
};

const view = new DataView(new ArrayBuffer(8));
const bitsOf = (value: number): bigint => {
  view.setFloat64(0, value);
  return view.getBigInt64(0);
};
const ofBits = (bits: bigint): number => {
  view.setBigInt64(0, bits);
  return view.getFloat64(0);
};

/** Whether a figure has reached a level: at or above it where higher is worse, under it where lower is worse. */
export const hasReached = (value: number, threshold: number, worse: Worse): boolean =>
  worse === 'higher' ? isAtOrAbove(value, threshold) : roundForComparison(value) < threshold;

/** Severity of a figure; no data is unknown. */
export const severityOf = (value: number | null, thresholds: Thresholds, worse: Worse): Severity => {
  if (value === null || Number.isNaN(value)) return 'unknown';
  if (hasReached(value, thresholds.critical, worse)) return 'critical';
  if (hasReached(value, thresholds.major, worse)) return 'major';
  return hasReached(value, thresholds.warning, worse) ? 'warning' : 'info';
};

export type SeverityDisplay = 'one-scale' | 'wan' | 'wan-sle';

const DISPLAY_NAMES: Record<Exclude<SeverityDisplay, 'one-scale'>, Record<Severity, string>> = {
  wan: { unknown: 'unknown', info: 'normal', warning: 'warning', major: 'high', critical: 'critical' },
  'wan-sle': { unknown: 'unknown', info: 'healthy', warning: 'warning', major: 'degraded', critical: 'critical' },
};

/** The word people read for a severity: WAN KPIs and WAN SLE have words of their own. */
export const severityName = (severity: Severity, display: SeverityDisplay): string =>
  display === 'one-scale' ? severity : DISPLAY_NAMES[display][severity];

const LEVEL_ALIASES: Readonly<Record<string, Level>> = {
  warning: 'warning',
  warn: 'warning',
  major: 'major',
  high: 'major',
  degraded: 'major',
  critical: 'critical',
};

/** The level meant by a word of the configuration; null for none. */
export const levelOf = (word: string): Level | null => LEVEL_ALIASES[word.trim().toLowerCase()] ?? null;
