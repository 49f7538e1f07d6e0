import { Database, ensurePartitions, parseSettings, upsertOrg } from '@app/shared';
import { createTestDatabase, type TestDatabase } from '@app/testing';
import { prepareHistory } from './history-partitions.js';
import { SleWriter } from './sle.writer.js';

const NOW = Date.UTC(2026, 2, 3, 12);
const DAY = 24 * 60 * 60_000;
const ORG = 'org-1';
const SEVERE = '{ coverage: { warning: 99, major: 98, critical: 97 } }';

let testDatabase: TestDatabase;
let database: Database;
let orgId: number;
let siteId: number;
beforeEach(async () => {
  testDatabase = await createTestDatabase();
  database = new Database({ url: testDatabase.url });
  ({ id: orgId } = await upsertOrg(database, { externalId: ORG }));
  const [site] = await database.query<{ id: number }>(`insert into site (org_id, external_id) values ($1, 's1') returning id`, [
    orgId,
  ]);
  siteId = site?.id ?? 0;
  for (const table of ['sle_sample', 'insight'] as const)
    await ensurePartitions(database, table, [NOW, NOW + DAY, NOW + 2 * DAY]);
  await prepareHistory(database, [NOW, NOW + DAY, NOW + 2 * DAY]);
}, 60_000);
afterEach(async () => {
  await database.close();
  await testDatabase.drop();
});

/** The severity of a coverage of 96 % at `at`: fine by the built-in thresholds, critical by the severe ones. */
async function severityAt(at: number, configuration: string): Promise<string | undefined> {
  const writer = new SleWriter(parseSettings(configuration, {}));
  const score = {
    siteId,
    at,
    numAps: 5,
    numClients: 50,
    windowFrom: null,
    windowTo: null,
    scores: new Map([['coverage', 0.96] as const]),
  };
  await database.transaction((tx) => writer.store(tx, { orgId, externalOrgId: ORG }, [score], at));
  const [row] = await database.query<{ severity: string }>('select severity from site_sle where org_id = $1 and site_id = $2', [
    orgId,
    siteId,
  ]);
  return row?.severity;
}
const attribute = (column: 'region' | 'store_type', value: string, since: number) =>
  database.query(`insert into site_attribute (org_id, site_id, source, since, ${column}) values ($1, $2, 'configured', $3, $4)`, [
    orgId,
    siteId,
    new Date(since),
    value,
  ]);
const org = (id: string): string => `orgs: [{ id: ${id}, baseUrl: api.example.com, token: example-token }]`;

describe('the thresholds of a site', () => {
  it.each([
    ['region', `thresholds: { regions: { North: ${SEVERE} } }`, 'North'],
    ['store_type', `thresholds: { storeTypes: { Outlet: ${SEVERE} } }`, 'Outlet'],
  ] as const)('follow a %s from its date on', async (column, configuration, value) => {
    await attribute(column, value, NOW + DAY);
    expect(await severityAt(NOW, configuration)).toBe('info');
    expect(await severityAt(NOW + DAY, configuration)).toBe('critical');
  });

  it('are those of its country without a region, and those of Unassigned without either', async () => {
    expect(await severityAt(NOW, `thresholds: { regions: { Unassigned: ${SEVERE} } }`)).toBe('critical');
    await database.query(`update site set country_code = 'DE' where org_id = $1`, [orgId]);
    expect(await severityAt(NOW + DAY, `thresholds: { regions: { Unassigned: ${SEVERE} } }`)).toBe('info');
    expect(await severityAt(NOW + 2 * DAY, `thresholds: { regions: { DE: ${SEVERE} } }`)).toBe('critical');
  });

  it('are those of the org, also when its id was found out from its token', async () => {
    expect(await severityAt(NOW, `${org('auto')}\nthresholds: { orgs: { auto: ${SEVERE} } }`)).toBe('critical');
    expect(await severityAt(NOW + DAY, `${org(ORG)}\nthresholds: { orgs: { auto: ${SEVERE} } }`)).toBe('info');
    expect(await severityAt(NOW + 2 * DAY, `thresholds: { orgs: { ${ORG}: ${SEVERE} } }`)).toBe('critical');
  });
});
