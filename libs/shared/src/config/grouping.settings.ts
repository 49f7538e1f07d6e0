import { ALERT_RULE_IDS, GROUP_SCOPES, isBuiltInRule, isCustomRule, OUTAGE_DEFAULTS, type GroupBy } from '@app/domain';
import { didYouMean } from './did-you-mean.js';
import { mapOf, withDefault, type Fields, type Reader } from './yaml-reader.js';
import { integer, oneOf } from './yaml-values.js';

/** When alerts of many sites are told as one outage of a carrier, a region or the org. */
export interface OutageAlertSettings {
  /** Fewer sites are no outage. */
  readonly minSites: number;
  /** Share of the carrier's or region's sites that must be affected. */
  readonly minSharePct: number;
  /** Share of all sites of the org that must be affected. */
  readonly orgSharePct: number;
}

export const outageFields: Fields<OutageAlertSettings> = {
  minSites: withDefault(integer({ min: 2 }), OUTAGE_DEFAULTS.minSites),
  minSharePct: withDefault(integer({ min: 0, max: 100 }), OUTAGE_DEFAULTS.minShare * 100),
  orgSharePct: withDefault(integer({ min: 1, max: 100 }), OUTAGE_DEFAULTS.orgShare * 100),
};

/** By rule: what its alerts are told together by, `circuit-down: provider`. */
export const readGroupBy: Reader<GroupBy> = (place) => {
  const groupBy = mapOf(oneOf(GROUP_SCOPES))(place);
  const unknown = Object.keys(groupBy).filter((rule) => !isBuiltInRule(rule) && !isCustomRule(rule));
  for (const rule of unknown)
    place.fault(`there is no rule ${JSON.stringify(rule)}${didYouMean(rule, ALERT_RULE_IDS)}; a rule of your own is custom:<id>`);
  return groupBy;
};
