import { assignGroups, groupKeyOf } from './grouping.js';

const circuitDown = { rule: 'circuit-down', siteId: 7, region: 'North', provider: 'Northlink' } as const;

describe('groupKeyOf', () => {
  it('groups SLE by org, WAN by site, and what concerns the collection alone', () => {
    expect(groupKeyOf({ rule: 'sle', siteId: 7 })).toBe('sle');
    expect(groupKeyOf(circuitDown)).toBe(groupKeyOf({ rule: 'site-down', siteId: 7 }));
    expect(groupKeyOf({ rule: 'collector-stopped', siteId: null })).toBe('collection');
  });

  it.each([
    ['org', 'wan'],
    ['site', 'wan:site:7'],
    ['region', 'wan:region:North'],
    ['provider', 'wan:provider:Northlink'],
    ['rule', 'rule:circuit-down'],
  ] as const)('groups by %s where the configuration says so', (scope, key) => {
    expect(groupKeyOf(circuitDown, { 'circuit-down': scope })).toBe(key);
    expect(groupKeyOf({ ...circuitDown, rule: 'site-down' }, { 'circuit-down': scope })).toBe('wan:site:7');
  });

  it('groups by site what has no known region or carrier', () => {
    const unknown = { rule: 'circuit-down', siteId: 7, region: null, provider: null } as const;
    expect(groupKeyOf(unknown, { 'circuit-down': 'region' })).toBe('wan:site:7');
    expect(groupKeyOf(unknown, { 'circuit-down': 'provider' })).toBe('wan:site:7');
    expect(groupKeyOf({ rule: 'sle', siteId: 7 }, { sle: 'provider' })).toBe('sle:site:7');
  });
});

describe('assignGroups', () => {
  it('keeps what belongs to a site together, and SLE apart', () => {
    const alerts = [
      { rule: 'site-down', siteId: 1 },
      { rule: 'circuit-down', siteId: 2 },
      { rule: 'sle', siteId: 1 },
    ] as const;
    expect(assignGroups(alerts, new Map([[1, 'outage:5']]))).toEqual(['outage:5', 'wan:site:2', 'sle']);
  });

  it('leaves a group of the configuration alone', () => {
    expect(assignGroups([circuitDown], new Map([[7, 'outage:5']]), { 'circuit-down': 'region' })).toEqual(['wan:region:North']);
  });
});
