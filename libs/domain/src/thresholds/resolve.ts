import { isKpiId, kpiOf } from '../kpi/catalogue.js';
import type { Worse } from '../kpi/kpi.js';
import { DEFAULT_THRESHOLDS, type ThresholdMetric } from './defaults.js';
import { LEVELS, type Level, levelOf, type Thresholds } from './threshold.js';

/** Who may override thresholds, the nearest first; behind them stand the defaults. */
export const THRESHOLD_LAYERS = ['circuit', 'site', 'storeType', 'region', 'org'] as const;
export type ThresholdLayer = (typeof THRESHOLD_LAYERS)[number];

/** Some levels of some metrics. */
export type ThresholdOverrides = { readonly [M in ThresholdMetric]?: Partial<Thresholds> };

/** The overrides that apply to one subject, layer by layer. */
export type LayeredOverrides = { readonly [L in ThresholdLayer]?: ThresholdOverrides };

/** A set of thresholds that cannot be used, with where it comes from and how to mend it. */
export class ThresholdFault extends Error {
  override readonly name = 'ThresholdFault';
}

export const worseOfMetric = (metric: ThresholdMetric): Worse => (isKpiId(metric) ? kpiOf(metric).worse : 'lower');

/** Thresholds of a metric key by key: circuit, site, store type, region, org, default. Refuses a set out of order. */
export const resolveThresholds = (metric: ThresholdMetric, layers: LayeredOverrides): Thresholds => {
  const defaults = DEFAULT_THRESHOLDS[metric];
  const resolved: Record<Level, number> = { ...defaults };
  const origin: Record<Level, string> = { warning: 'default', major: 'default', critical: 'default' };
  for (const level of LEVELS) {
    for (const layer of THRESHOLD_LAYERS) {
      const value = layers[layer]?.[metric]?.[level];
      if (value === undefined) continue;
      resolved[level] = value;
      origin[level] = layer;
      break;
    }
  }
  refuseDisorder(metric, resolved, origin);
  return resolved;
};

const refuseDisorder = (metric: ThresholdMetric, thresholds: Thresholds, origin: Record<Level, string>): void => {
  const { warning, major, critical } = thresholds;
  const areNumbers = LEVELS.every((level) => Number.isFinite(thresholds[level]));
  const worse = worseOfMetric(metric);
  if (areNumbers && (worse === 'higher' ? warning < major && major < critical : warning > major && major > critical)) return;
  const values = LEVELS.map((level) => `${level} ${String(thresholds[level])} (${origin[level]})`).join(', ');
  const order = worse === 'higher' ? 'ascend' : 'descend';
  throw new ThresholdFault(
    `Thresholds of ${metric} do not ${order}: ${values}. Set them so that warning, major and critical ${order}.`,
  );
};

/** Overrides of one metric from configuration words (`warn` and `high` are understood); every fault is told at once. */
export const parseLevels = (metric: ThresholdMetric, raw: Readonly<Record<string, unknown>>): Partial<Thresholds> => {
  const levels: { -readonly [L in Level]?: number } = {};
  const faults: string[] = [];
  for (const [word, value] of Object.entries(raw)) {
    const level = levelOf(word);
    if (level === null) faults.push(`"${word}" is no level (use warning, major, critical)`);
    else if (typeof value !== 'number' || !Number.isFinite(value)) faults.push(`"${word}" is not a number`);
    else if (levels[level] !== undefined) faults.push(`"${word}" sets ${level} a second time`);
    else levels[level] = value;
  }
  if (faults.length > 0) throw new ThresholdFault(`Thresholds of ${metric}: ${faults.join('; ')}.`);
  return levels;
};
