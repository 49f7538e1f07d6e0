import { isSleMetric, type AlertRuleId, type RuleBook, type RuleDefinition, type ThresholdMetric } from '@app/domain';
import { ruleBookOf, type Settings, type ThresholdSettings } from '@app/shared';

/** What is tried: entries of `rules` put after those that are there, and `thresholds` key by key over those that are there. */
export interface RuleChanges {
  readonly rules: readonly RuleDefinition[];
  readonly thresholds: ThresholdSettings;
}

/** Rules as they are, or as they would be. */
export interface Side {
  readonly settings: Settings;
  readonly book: RuleBook;
}

export interface Sides {
  readonly now: Side;
  readonly changed: Side;
  /** Rules that the changes are about. */
  readonly ids: readonly AlertRuleId[];
}

export function sidesOf(settings: Settings, { rules, thresholds }: RuleChanges): Sides {
  const changed = {
    ...settings,
    rules: [...settings.rules, ...rules],
    thresholds: overlaid(settings.thresholds, thresholds),
  };
  const metrics = metricsIn(thresholds);
  return {
    now: { settings, book: ruleBookOf(settings) },
    changed: { settings: changed, book: ruleBookOf(changed) },
    ids: [...new Set([...rules.map(({ id }) => id), ...metrics.flatMap(rulesThatGoBy)])],
  };
}

type Overrides = ThresholdSettings['default'];

function metricsIn({ default: all, ...layers }: ThresholdSettings): ThresholdMetric[] {
  const sets = [all, ...Object.values(layers).flatMap((byKey) => Object.values(byKey))];
  return [...new Set(sets.flatMap((set) => Object.keys(set) as ThresholdMetric[]))];
}

/** Built-in rules take their limits from the thresholds; those of the configuration have their own. */
function rulesThatGoBy(metric: ThresholdMetric): AlertRuleId[] {
  if (isSleMetric(metric)) return ['sle'];
  if (metric === 'utilization') return ['congestion'];
  return metric === 'loss' || metric === 'jitter' || metric === 'latency' ? ['quality'] : [];
}

const overlaidSet = (under: Overrides, over: Overrides): Overrides =>
  Object.fromEntries(
    (Object.keys({ ...under, ...over }) as ThresholdMetric[]).map((metric) => [metric, { ...under[metric], ...over[metric] }]),
  );

type ByKey = ThresholdSettings['orgs'];
const overlaidKeys = (under: ByKey, over: ByKey): ByKey =>
  Object.fromEntries(Object.keys({ ...under, ...over }).map((key) => [key, overlaidSet(under[key] ?? {}, over[key] ?? {})]));

const overlaid = (under: ThresholdSettings, over: ThresholdSettings): ThresholdSettings => ({
  default: overlaidSet(under.default, over.default),
  orgs: overlaidKeys(under.orgs, over.orgs),
  regions: overlaidKeys(under.regions, over.regions),
  storeTypes: overlaidKeys(under.storeTypes, over.storeTypes),
  sites: overlaidKeys(under.sites, over.sites),
  circuits: overlaidKeys(under.circuits, over.circuits),
});
