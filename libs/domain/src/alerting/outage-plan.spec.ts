import fc from 'fast-check';
import { OUTAGE_DEFAULTS, type AffectedSite, type OpenOutage, type OutageCause, type OutageTotals } from './outage.js';
import { planOutages } from './outage-plan.js';

const totals: OutageTotals = {
  sites: 100,
  ofCarrier: new Map([
    ['Northlink', 40],
    ['Metrowave', 60],
  ]),
  ofRegion: new Map([
    ['North', 30],
    ['South', 70],
  ]),
};

const site = (siteId: number, more: Partial<AffectedSite> = {}): AffectedSite => ({
  siteId,
  isDown: false,
  providers: ['Northlink'],
  region: 'South',
  outageId: null,
  isRecent: true,
  ...more,
});
const sites = (from: number, to: number, more: Partial<AffectedSite> = {}): AffectedSite[] =>
  Array.from({ length: to - from + 1 }, (_, i) => site(from + i, more));
const plan = (affected: readonly AffectedSite[], open: readonly OpenOutage[] = [], all = totals) =>
  planOutages(affected, open, all, OUTAGE_DEFAULTS);
const causes = (affected: readonly AffectedSite[]): OutageCause[] => plan(affected).map(({ cause }) => cause);

const NORTHLINK = { kind: 'carrier', name: 'Northlink' } as const;
const NORTH = { kind: 'region', name: 'North' } as const;
const ORG = { kind: 'org', name: null } as const;
const MANY = { kind: 'many', name: null } as const;

describe('the probable cause', () => {
  it('is the carrier when several of its sites, and enough of them, lose its circuits', () => {
    expect(causes(sites(1, 4))).toEqual([NORTHLINK]);
    expect(causes(sites(1, 3))).toEqual([]); // 3 of 40
    expect(causes(sites(1, 2))).toEqual([]);
  });

  it('is the region when its sites are down by several carriers', () => {
    const down = [
      ...sites(1, 5, { isDown: true, region: 'North', providers: ['Northlink'] }),
      ...sites(6, 10, { isDown: true, region: 'North', providers: ['Metrowave', 'Northlink'] }),
    ];
    expect(causes(down)).toEqual([NORTH]);
    expect(causes(down.map((each) => ({ ...each, isDown: false })))).not.toContainEqual(NORTH);
  });

  it('is the whole org when half of it fell and no carrier and no region explains it', () => {
    expect(causes([...sites(1, 30), ...sites(31, 60, { providers: ['Metrowave'] })])).toEqual([ORG]);
    expect(causes(sites(1, 60, { isDown: true, providers: [null] }))).toEqual([{ kind: 'region', name: 'South' }]);
    expect(causes(sites(1, 60))).toEqual([NORTHLINK]);
  });

  it('is the org, not its only region', () => {
    const one = { ...totals, ofRegion: new Map([['North', 100]]) };
    const [outage] = plan(sites(1, 60, { isDown: true, region: 'North', providers: [null] }), [], one);
    expect(outage?.cause).toEqual(ORG);
  });

  it('is several causes when two carriers fail at different sites', () => {
    const both = [...sites(1, 10), ...sites(11, 25, { providers: ['Metrowave'] })];
    expect(plan(both).map(({ cause, siteIds }) => [cause.name, siteIds.length])).toEqual([
      ['Metrowave', 15],
      ['Northlink', 10],
    ]);
  });

  it('is not known when many sites have nothing in common', () => {
    expect(causes(sites(1, 6, { providers: [null] }))).toEqual([MANY]);
    expect(causes(sites(1, 5, { providers: [null] }))).toEqual([]);
    expect(causes(sites(1, 6, { providers: [null], isRecent: false }))).toEqual([]);
  });
});

describe('an outage that goes on', () => {
  const told: OpenOutage = { id: 9, cause: NORTHLINK, isTold: true };

  it('takes what is new and keeps what it has', () => {
    expect(plan([...sites(1, 4, { outageId: 9, isRecent: false }), site(5)], [told])).toEqual([
      { id: 9, cause: NORTHLINK, siteIds: [5] },
    ]);
  });

  it('becomes wider, and takes over narrower ones', () => {
    const other: OpenOutage = { id: 4, cause: NORTH, isTold: true };
    const affected = [
      ...sites(1, 30, { outageId: 9 }),
      ...sites(31, 45, { outageId: 4, providers: ['Metrowave'], region: 'North', isDown: true }),
      ...sites(46, 60, { providers: ['Metrowave'] }),
    ];
    const [outage, ...others] = plan(affected, [told, other]);
    expect(others).toEqual([]);
    expect(outage).toMatchObject({ id: 9, cause: ORG });
    expect(outage?.siteIds).toHaveLength(30);
  });

  it('never becomes narrower again', () => {
    const org: OpenOutage = { id: 9, cause: ORG, isTold: true };
    expect(plan([...sites(1, 10, { outageId: 9 }), site(11)], [org])).toEqual([{ id: 9, cause: ORG, siteIds: [11] }]);
  });

  it('has no cause any more when that proves wrong before anybody was told', () => {
    const affected = sites(1, 4, { outageId: 9, providers: ['Northlink', 'Metrowave'] });
    expect(plan(affected, [{ ...told, isTold: false }])).toEqual([{ id: 9, cause: MANY, siteIds: [] }]);
    expect(plan(affected, [told])).toEqual([]);
  });
});

describe('laws', () => {
  const anySite = fc.record({
    isDown: fc.boolean(),
    providers: fc.uniqueArray(fc.constantFrom('Northlink', 'Metrowave', null), { maxLength: 2 }),
    region: fc.constantFrom('North', 'South', null),
    outageId: fc.constantFrom(null, 1, 2, 3),
    isRecent: fc.boolean(),
  });
  const anyCause = fc.constantFrom<OutageCause>(NORTHLINK, NORTH, ORG, MANY);
  const anyOpen = fc
    .array(fc.record({ cause: anyCause, isTold: fc.boolean() }), { minLength: 3, maxLength: 3 })
    .map((list) => list.map((each, i) => ({ id: i + 1, ...each })));
  const anyAffected = fc.array(anySite, { maxLength: 80 }).map((list) => list.map((each, siteId) => ({ siteId, ...each })));
  const sorted = (list: ReturnType<typeof plan>) =>
    list.map((each) => JSON.stringify({ ...each, siteIds: [...each.siteIds].sort((a, b) => a - b) })).sort();

  it('gives the same answer in any order of arrival', () => {
    fc.assert(
      fc.property(anyAffected, anyOpen, fc.infiniteStream(fc.nat()), (affected, open, keys) => {
        const shuffled = affected
          .map((each) => ({ each, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ each }) => each);
        expect(sorted(plan(shuffled, open))).toEqual(sorted(plan(affected, open)));
      }),
    );
  });

  it('puts no site into two outages, moves none to a narrower one, and begins none that is empty', () => {
    fc.assert(
      fc.property(anyAffected, anyOpen, (affected, open) => {
        const width = { many: 0, carrier: 1, region: 1, org: 2 };
        const planned = plan(affected, open);
        const moved = planned.flatMap(({ siteIds }) => siteIds);
        expect(new Set(moved).size).toBe(moved.length);
        for (const { id, cause, siteIds } of planned) {
          if (id !== null && open[id - 1]?.isTold === true)
            expect(width[cause.kind]).toBeGreaterThanOrEqual(width[open[id - 1]?.cause.kind ?? 'many']);
          for (const siteId of siteIds) {
            const current = open[(affected[siteId]?.outageId ?? 0) - 1];
            if (current !== undefined) expect(width[cause.kind]).toBeGreaterThan(width[current.cause.kind]);
          }
          expect(id !== null || siteIds.length > 0).toBe(true);
        }
      }),
    );
  });

  it('comes to rest: asked again and again about the same facts it soon moves nothing', () => {
    fc.assert(
      fc.property(anyAffected, anyOpen, (affected, open) => {
        let [sitesNow, openNow]: [readonly AffectedSite[], readonly OpenOutage[]] = [affected, open];
        const moves = Array.from({ length: 5 }, (_, round) => {
          const planned = plan(sitesNow, openNow).map((each, i) => ({ ...each, id: each.id ?? 100 * (round + 1) + i }));
          sitesNow = sitesNow.map((each) => ({
            ...each,
            outageId: planned.find(({ siteIds }) => siteIds.includes(each.siteId))?.id ?? each.outageId,
          }));
          const kept = openNow.filter(({ id }) => !planned.some((each) => each.id === id));
          openNow = [...kept, ...planned.map(({ id, cause }) => ({ id, cause, isTold: true }))];
          return planned.flatMap(({ siteIds }) => siteIds).length;
        });
        expect(moves.at(-1)).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});
