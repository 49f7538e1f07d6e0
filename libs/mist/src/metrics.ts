/** Other names of one metric; Mist's spelling varies by cloud and by call. */
const ALIASES: Readonly<Record<string, string>> = {
  'failed-to-connect': 'successful-connect',
  'roaming-v2': 'roaming',
  'roaming-exp': 'roaming',
  'wan-link-health-v2': 'wan-link-health',
};

const spelled = (name: string): string => name.toLowerCase().replaceAll('_', '-');

/** One name per metric: lower case, hyphens, and no aliases. Unknown names stay, in the same spelling. */
export function canonicalMetric(name: string): string {
  const plain = spelled(name);
  return ALIASES[plain] ?? plain;
}

/** Which of two spellings of one metric wins: `wan-link-health-v2` above 0 (at 0 it mostly means that no path is monitored), else the plain name. */
function precedence(plain: string, value: number): number {
  if (plain === 'wan-link-health-v2') return value > 0 ? 2 : 0;
  return plain in ALIASES ? 0 : 1;
}

/** Scores of one row by canonical name; anything that is no number from 0 to 1 is no score. */
export function scoresOf(row: Readonly<Record<string, unknown>>): Record<string, number> {
  const best = new Map<string, { value: number; rank: number }>();
  for (const [key, value] of Object.entries(row)) {
    if (key.startsWith('num_') || typeof value !== 'number' || !(value >= 0 && value <= 1)) continue;
    const metric = canonicalMetric(key);
    const rank = precedence(spelled(key), value);
    const held = best.get(metric);
    if (held === undefined || rank > held.rank) best.set(metric, { value, rank });
  }
  return Object.fromEntries([...best].map(([metric, { value }]) => [metric, value]));
}
