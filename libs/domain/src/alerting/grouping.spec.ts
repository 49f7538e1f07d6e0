import { assignGroups, groupKeyOf, type OpenGroups } from './grouping.js';

const none: OpenGroups = { ofSite: new Map(), recentSites: 0, many: null };
const sitesDown = (...siteIds: number[]) => siteIds.map((siteId) => ({ rule: 'site-down' as const, siteId }));

it('groups SLE by org and WAN by site', () => {
  expect(groupKeyOf({ rule: 'sle', siteId: 7 })).toBe('sle');
  expect(groupKeyOf({ rule: 'circuit-down', siteId: 7 })).toBe(groupKeyOf({ rule: 'site-down', siteId: 7 }));
});

describe('assignGroups', () => {
  it('gives a few sites an incident each', () => {
    expect(assignGroups(sitesDown(1, 2, 3, 4, 5, 5), none, 100)).toEqual([
      'wan:site:1',
      'wan:site:2',
      'wan:site:3',
      'wan:site:4',
      'wan:site:5',
      'wan:site:5',
    ]);
  });

  it('gives many sites at once one incident', () => {
    expect(new Set(assignGroups(sitesDown(...Array.from({ length: 3_208 }, (_, i) => i)), none, 100))).toEqual(
      new Set(['wan:many:100']),
    );
  });

  it('counts the sites of the last minutes, and never more than ten groups whatever the batches', () => {
    let open = none;
    const groups = new Set<string>();
    for (let site = 0; site < 3_208; site += 1) {
      const [group = ''] = assignGroups(sitesDown(site), open, site);
      groups.add(group);
      const isMany = group.startsWith('wan:many:');
      open = {
        ofSite: new Map([...open.ofSite, [site, group]].slice(-10) as [number, string][]),
        recentSites: open.recentSites + (isMany ? 0 : 1),
        many: isMany ? group : open.many,
      };
    }
    expect(groups.size).toBeLessThanOrEqual(10);
  });

  it('keeps what belongs to a site together, and SLE apart', () => {
    const open: OpenGroups = { ofSite: new Map([[1, 'wan:many:5']]), recentSites: 0, many: null };
    expect(assignGroups([...sitesDown(1), { rule: 'circuit-down', siteId: 1 }, { rule: 'sle', siteId: 1 }], open, 100)).toEqual([
      'wan:many:5',
      'wan:many:5',
      'sle',
    ]);
  });
});
