import { ALERT_RULES } from '@app/domain';
import { alertRulesOf } from './alert-rules.js';
import { parseSettings } from './settings.js';

const rulesOf = (yaml: string) => alertRulesOf(parseSettings(yaml, {}).alerts);

test('an empty configuration leaves the rules of the domain as they are', () => {
  expect(rulesOf('')).toEqual(ALERT_RULES);
});

test('each setting replaces its part of the rules', () => {
  const yaml = 'alerts: { siteDownForSeconds: 300, circuitUpForSeconds: 600, sleClearPolls: 5, flappingTransitions: 7 }';
  expect(rulesOf(yaml)).toEqual({
    ...ALERT_RULES,
    sle: { ...ALERT_RULES.sle, flapTransitions: 7, clearAfterGood: 5 },
    'circuit-down': { ...ALERT_RULES['circuit-down'], flapTransitions: 7, clearForMs: 600_000 },
    'site-down': { ...ALERT_RULES['site-down'], flapTransitions: 7, forMs: 300_000 },
    failover: { ...ALERT_RULES.failover, flapTransitions: 7 },
  });
});
