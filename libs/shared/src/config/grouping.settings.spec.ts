import { ConfigError } from './config.error.js';
import { parseSettings } from './settings.js';

const alertsOf = (yaml: string) => parseSettings(`alerts: ${yaml}`, {}).alerts;

it('groups by default as the domain does, and looks for outages', () => {
  expect(parseSettings('', {}).alerts).toMatchObject({
    groupBy: {},
    outages: { minSites: 3, minSharePct: 10, orgSharePct: 50 },
  });
});

it('takes groups of built-in rules and of rules of the configuration', () => {
  const groupBy = { 'circuit-down': 'provider', 'custom:busy': 'region' };
  expect(alertsOf(JSON.stringify({ groupBy, outages: { minSites: 5 } }))).toMatchObject({
    groupBy,
    outages: { minSites: 5, minSharePct: 10, orgSharePct: 50 },
  });
});

it('names every fault', () => {
  const faults = (yaml: string): string[] => {
    try {
      alertsOf(yaml);
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return error.faults.map(({ path, message }) => `${path} ${message}`);
      throw error;
    }
  };
  expect(faults('{ groupBy: { circiut-down: site, sle: planet }, outages: { minSites: 1, orgSharePct: 0 } }')).toEqual([
    expect.stringContaining('alerts.groupBy.sle should be one of org, site, region, provider, rule'),
    expect.stringContaining('there is no rule "circiut-down"; did you mean "circuit-down"?'),
    expect.stringContaining('alerts.outages.minSites'),
    expect.stringContaining('alerts.outages.orgSharePct'),
  ]);
});
