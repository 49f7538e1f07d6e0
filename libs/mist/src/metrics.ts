import { canonicalMetric as watchedMetric, normalizedName } from '@app/domain';
import { printableText } from './values.js';

/** One name per metric, whatever its spelling or version. Those that nobody judges keep their own, in the same spelling. */
export const canonicalMetric = (name: string): string => watchedMetric(name) ?? normalizedName(printableText(name));

/** Which of two spellings of one metric wins: `wan-link-health-v2` above 0 (at 0 it mostly means that no path is monitored), else the plain name. */
function precedence(plain: string, value: number): number {
  if (plain === 'wan-link-health-v2') return value > 0 ? 2 : 0;
  return canonicalMetric(plain) === plain ? 1 : 0;
}

/** Scores of one row by canonical name; anything that is no number from 0 to 1 is no score. */
export function scoresOf(row: Readonly<Record<string, unknown>>): Record<string, number> {
  const best = new Map<string, { value: number; rank: number }>();
  for (const [key, value] of Object.entries(row)) {
    if (key.startsWith('num_') || typeof value !== 'number' || !(value >= 0 && value <= 1)) continue;
    const metric = canonicalMetric(key);
    const rank = precedence(normalizedName(key), value);
    const held = best.get(metric);
    if (held === undefined || rank > held.rank) best.set(metric, { value, rank });
  }
  return Object.fromEntries([...best].map(([metric, { value }]) => [metric, value]));
}
