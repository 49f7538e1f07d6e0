import { regionOf } from './region.js';

describe('the region of a site', () => {
  it.each([
    ['a named group', ['Stores', 'North'], 'US', { groups: ['North', 'South'] }, 'North'],
    ['the first by name of two that match', ['South', 'North'], 'US', { groups: ['North', 'South'] }, 'North'],
    ['a prefix, cut off', ['region: East', 'all'], 'US', { prefix: 'region:' }, 'East'],
    ['the country without a matching group', ['all'], 'DE', { prefix: 'region:' }, 'DE'],
    ['the country without a rule', ['North'], 'DE', undefined, 'DE'],
    ['Unassigned without either', [], null, { groups: ['North'] }, 'Unassigned'],
    ['no empty region from a bare prefix', ['region:'], '', { prefix: 'region:' }, 'Unassigned'],
  ] as const)('is %s', (_, groups, country, rule, expected) => {
    expect(regionOf(groups, country, rule)).toBe(expected);
  });
});
