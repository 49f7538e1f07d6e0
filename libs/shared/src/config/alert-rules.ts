import { ALERT_RULES, ruleBook, type AlertRule, type BuiltInRuleId, type RuleBook } from '@app/domain';
import type { AlertSettings, Settings } from './settings.js';

/** The defaults of the domain with what the configuration says instead: one answer for all who move alerts. */
export function alertRulesOf({
  siteDownForSeconds,
  circuitUpForSeconds,
  sleClearPolls,
  flappingTransitions: flapTransitions,
}: AlertSettings): Readonly<Record<BuiltInRuleId, AlertRule>> {
  return {
    ...ALERT_RULES,
    sle: { ...ALERT_RULES.sle, flapTransitions, clearAfterGood: sleClearPolls },
    'circuit-down': { ...ALERT_RULES['circuit-down'], flapTransitions, clearForMs: circuitUpForSeconds * 1000 },
    'site-down': { ...ALERT_RULES['site-down'], flapTransitions, forMs: siteDownForSeconds * 1000 },
    failover: { ...ALERT_RULES.failover, flapTransitions },
  };
}

/** All rules as the configuration has them. */
export const ruleBookOf = ({ alerts, rules }: Pick<Settings, 'alerts' | 'rules'>): RuleBook =>
  ruleBook(rules, alertRulesOf(alerts));
