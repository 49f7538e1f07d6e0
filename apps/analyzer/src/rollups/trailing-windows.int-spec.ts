import {
  DEFAULT_THRESHOLDS,
  HOUR_MS,
  kpisOfPool,
  mergePools,
  NO_PERCENTILES,
  NO_POOL,
  percentileCont,
  poolOf,
  stretchOfHours,
  trailingHours,
  windowKpis,
  type FoldableHour,
  type Span,
  type WindowKpis,
} from '@app/domain';
import { createTestDatabase, seedOrg, type SeededHour, type TestDatabase } from '@app/testing';
import { Database, parseSettings, requireOrg, storedHours, trailingWindows, type OrgRow, type WindowGroup } from '@app/shared';

const NOW = Date.UTC(2026, 2, 29, 12, 20);
const LENGTHS = [3, 12, 24];
/** Six hours before the end the first site moves to the other region. */
const MOVED_AT = NOW - 6 * HOUR_MS - 20 * 60_000;
const SETTINGS = parseSettings('', {});

let testDatabase: TestDatabase;
let database: Database;
let org: OrgRow;

/** Thirty hours that differ from circuit to circuit, with gaps, hours without utilization and without quality. */
const hoursOf = (circuit: number): (SeededHour | null)[] =>
  Array.from({ length: 30 }, (_, i) => {
    const wave = (i * 37 + circuit * 53) % 100;
    if ((i + circuit) % 11 === 3) return null;
    return {
      rxBytes: wave % 7 === 0 ? null : wave * 1_000_000,
      txBytes: wave * 1_000,
      coveredS: 3600 - (wave % 5) * 300,
      utilizationPct: wave % 7 === 0 ? null : wave,
      upMinutes: 60 - (wave % 6),
      downMinutes: wave % 4,
      flaps: wave % 3,
      ...(wave % 4 === 0 ? {} : { latency: { count: 12, avg: 20 + wave, max: 40 + wave, p95: 35 + wave } }),
    };
  });

const siteOf = (i: number, region: string) => ({
  id: `site-${i}`,
  name: `Site ${i}`,
  region,
  circuits: [0, 1].map((port) => ({
    mac: `02000000000${i}`,
    portId: `ge-0/0/${port}`,
    name: `WAN ${i} ${port}`,
    state: 'up' as const,
    hours: hoursOf(i * 2 + port),
  })),
});

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = new Database({ url: testDatabase.url });
  const sites = [siteOf(0, 'North'), siteOf(1, 'North'), siteOf(2, 'South')];
  await seedOrg(database, { orgId: 'org-a', name: 'A', now: NOW, sites });
  await seedOrg(database, { orgId: 'org-b', name: 'B', now: NOW, sites: [siteOf(0, 'North')] });
  org = await requireOrg(database, 'org-a');
  await database.query(
    `insert into site_attribute (org_id, site_id, source, since, region, store_type)
     select org_id, id, 'configured', $2, 'South', 'mall' from site where org_id = $1 and external_id = 'site-0'`,
    [org.id, new Date(MOVED_AT)],
  );
}, 60_000);
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

async function factsByCircuit(): Promise<Map<number, FoldableHour[]>> {
  const facts = new Map<number, FoldableHour[]>();
  for await (const batch of storedHours(database, { orgId: org.id, span: { from: 0, to: NOW }, isOrdered: true }))
    for (const { circuitId, fact } of batch) facts.set(circuitId, [...(facts.get(circuitId) ?? []), fact]);
  return facts;
}

const sitesOf = async (): Promise<Map<number, string>> =>
  new Map(
    (
      await database.query<{ id: number; site: string }>(
        'select c.id, s.external_id as site from circuit c join site s on s.id = c.site_id where c.org_id = $1',
        [org.id],
      )
    ).map(({ id, site }) => [id, site]),
  );

const inSpan = (facts: readonly FoldableHour[], { from, to }: Span): FoldableHour[] =>
  facts.filter(({ hour }) => from <= hour && hour < to);

/** The pool of parts of circuits, each folded for itself. */
function pooled(parts: readonly FoldableHour[][], span: Span): { kpis: WindowKpis; values: number[] } {
  const own = parts.map((part) => inSpan(part, span)).filter((part) => part.length > 0);
  const state = own.map((part) => poolOf(stretchOfHours(part, span, DEFAULT_THRESHOLDS))).reduce(mergePools, NO_POOL);
  const kpis = kpisOfPool(state, { span, thresholds: DEFAULT_THRESHOLDS, percentiles: NO_PERCENTILES });
  return { kpis, values: own.flat().flatMap(({ utilizationPct }) => utilizationPct ?? []) };
}

/** Sums to within rounding, and the p95 to within the one percent of a sketch. */
function expectPool(actual: WindowKpis | undefined, { kpis, values }: ReturnType<typeof pooled>): void {
  const { p95Pct = null, ...utilization } = actual?.utilization ?? {};
  const plain = (each: unknown): unknown =>
    JSON.parse(JSON.stringify(each), (_key, value: unknown) =>
      typeof value === 'number' ? Number(value.toPrecision(12)) : value,
    );
  const { p95Pct: _none, ...expected } = kpis.utilization;
  expect(plain({ ...actual, utilization })).toEqual(plain({ ...kpis, utilization: expected }));
  const exact = percentileCont(values, 0.95);
  if (exact === null) expect(p95Pct).toBeNull();
  else expect(Math.abs((p95Pct ?? NaN) - exact)).toBeLessThanOrEqual(exact * 0.01);
}

const windows = (circuitIds?: readonly number[]) =>
  trailingWindows(database, {
    org,
    end: NOW,
    lengths: LENGTHS,
    settings: SETTINGS,
    ...(circuitIds === undefined ? {} : { circuitIds }),
  });

describe('trailing windows', () => {
  it('give every circuit what the fold of its hours gives', async () => {
    const [made, facts] = [await windows(), await factsByCircuit()];
    expect(facts.size).toBe(6);
    expect(made.circuits.size).toBe(6);
    for (const [id, own] of facts) {
      const expected = LENGTHS.map((length) => windowKpis(own, trailingHours(NOW, length), DEFAULT_THRESHOLDS));
      expect(made.circuits.get(id)).toEqual(expected);
    }
  });

  it('pool circuits by where each of their hours belonged', async () => {
    const [made, facts, sites] = [await windows(), await factsByCircuit(), await sitesOf()];
    const parts = (belongs: (site: string, hour: number) => boolean): FoldableHour[][] =>
      [...facts].map(([id, own]) => own.filter(({ hour }) => belongs(sites.get(id) ?? '', hour)));
    const isMoved = (site: string, hour: number): boolean => site === 'site-0' && hour >= MOVED_AT;
    const groups: [WindowGroup, string, (site: string, hour: number) => boolean][] = [
      ['region', 'North', (site, hour) => site !== 'site-2' && !isMoved(site, hour)],
      ['region', 'South', (site, hour) => site === 'site-2' || isMoved(site, hour)],
      ['store_type', 'mall', isMoved],
      ['org', 'org-a', () => true],
    ];
    for (const [group, key, belongs] of groups)
      LENGTHS.forEach((length, i) =>
        expectPool(made.groups[group].get(key)?.[i], pooled(parts(belongs), trailingHours(NOW, length))),
      );
    expect([...made.groups.region.keys()].sort()).toEqual(['North', 'South']);
    expect([...made.groups.provider.keys()]).toEqual([]);
  });

  it('read each hour once, and only of the circuits that are asked for', async () => {
    const facts = await factsByCircuit();
    const [id = 0] = facts.keys();
    const span = trailingHours(NOW, 24);
    expect((await windows()).hours).toBe([...facts.values()].flatMap((own) => inSpan(own, span)).length);
    const one = await windows([id]);
    expect([...one.circuits.keys()]).toEqual([id]);
    expect(one.hours).toBe(inSpan(facts.get(id) ?? [], span).length);
  });

  it.each([[[]], [[0]], [[2.5]]])('refuse lengths %j', async (lengths) => {
    await expect(trailingWindows(database, { org, end: NOW, lengths, settings: SETTINGS })).rejects.toThrow(/whole hour/);
  });
});
