import 'reflect-metadata';
import {
  createService,
  Database,
  JobPublisher,
  loadEnv,
  parseSettings,
  storeCircuitAttributes,
  type CircuitAttributes,
  type RunningService,
} from '@app/shared';
import { createTestDatabase, ManualClock, testRedisUrl, waitFor, type TestDatabase } from '@app/testing';
import { ANALYZER } from '../analyzer.service-definition.js';
import { importFile } from '../imports/import-file.js';

const NOW = Date.UTC(2026, 2, 3, 12, 10);
const ORG = 'org-1';
/** An hour older than any sample, and two hours with samples; 4.5e9 bytes are a tenth of what 100 Mbps carry in an hour. */
const HOURS = 'hour,site_id,mac,port_id,rx_bytes,tx_bytes\n2026-02-01T10:00:00Z,s1,m1,p1,4500000000,1\n';
const SAMPLES = `timestamp,site_id,mac,port_id,up,rx_bytes,tx_bytes
2026-03-03T10:00:00Z,s1,m1,p1,true,0,0
2026-03-03T11:00:00Z,s1,m1,p1,true,4500000000,100
2026-03-03T12:00:00Z,s1,m1,p1,true,13500000000,200
`;

let testDatabase: TestDatabase;
let database: Database;
let analyzer: RunningService;
let publisher: JobPublisher;

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  database = new Database({ url: testDatabase.url, poolSize: 4 });
  const redis = testRedisUrl();
  const env = loadEnv({ DATABASE_URL: testDatabase.url, REDIS_URL: redis.url, LOG_LEVEL: 'silent', SHUTDOWN_GRACE_SECONDS: '2' });
  const queue = { kind: 'redis', ...redis } as const;
  const runtime = { env, settings: parseSettings('{}', {}), clock: new ManualClock(NOW), queue, databaseUrl: testDatabase.url };
  analyzer = await createService({ ...ANALYZER, healthPort: 0, runtime });
  publisher = analyzer.app.get(JobPublisher, { strict: false });
  const common = { database, orgExternalId: ORG, now: NOW, format: 'csv' } as const;
  await importFile({ ...common, kind: 'circuit-hours', text: HOURS });
  await importFile({ ...common, kind: 'port-samples', text: SAMPLES });
}, 60_000);
afterEach(async () => {
  await analyzer.close();
  await database.close();
  await testDatabase.drop();
});

const load = (since: string | null, mbps: number | null, name: string | null = null) => {
  const row: CircuitAttributes = {
    mac: 'm1',
    portId: 'p1',
    siteId: null,
    since: since === null ? null : new Date(since),
    name,
    role: null,
    provider: null,
    type: null,
    bandwidthDownMbps: mbps,
    bandwidthUpMbps: null,
  };
  return database
    .query<{ id: number }>('select id from org where external_id = $1', [ORG])
    .then(([org]) => storeCircuitAttributes(database, org?.id ?? 0, { rows: [row], at: new Date(NOW), actor: 'test' }));
};

/** Rounded utilization of every hour that has bytes, oldest first. */
const utilization = async (): Promise<(number | null)[]> => {
  const rows = await database.query<{ pct: number | null }>(
    'select round(utilization_pct::numeric, 1)::float8 as pct from circuit_hour where rx_bytes is not null order by hour',
  );
  return rows.map(({ pct }) => pct);
};
const due = async (): Promise<number> => (await database.query('select 1 from circuit where rederive_due')).length;
const nothingDue = () => waitFor(async () => (await due()) === 0, { describe: 'the circuits to be made anew' });

describe('a bandwidth loaded later', () => {
  it('gives the stored hours, with samples or without, the utilization of their time', async () => {
    expect(await utilization()).toEqual([null, null, null]);
    expect(await load(null, 100)).toMatchObject({ stored: 1, rederiveDue: true });
    expect(await due()).toBe(1);
    await publisher.publish('rederive-circuits', { orgId: ORG });
    await nothingDue();
    expect(await utilization()).toEqual([10, 10, 20]);
  });

  it('with a past date, counts from that date on', async () => {
    await load(null, 100);
    await load('2026-03-03T11:00:00Z', 200);
    await publisher.publish('rederive-circuits', { orgId: ORG });
    await nothingDue();
    expect(await utilization()).toEqual([10, 10, 10]);
  });

  it('heals with the next closing of hours when the job was lost', async () => {
    await load(null, 50);
    await publisher.publish('close-hours', { orgId: ORG });
    await nothingDue();
    expect(await utilization()).toEqual([20, 20, 40]);
  });

  it('marks nothing when the bandwidth stays what it was', async () => {
    await load(null, 100);
    await publisher.publish('rederive-circuits', { orgId: ORG });
    await nothingDue();
    expect(await load(null, 100, 'main')).toMatchObject({ stored: 1, rederiveDue: false });
    expect(await due()).toBe(0);
  });

  it('waits for one busy circuit with few others, not with all', async () => {
    const [site] = await database.query<{ orgId: number; siteId: number }>('select org_id as "orgId", id as "siteId" from site');
    await database.query(
      `insert into circuit (org_id, mac, port_id, site_id, rederive_due) select $1, 'm2', 'p' || n, $2, true from generate_series(1, 45) n`,
      [site?.orgId, site?.siteId],
    );
    await database.transaction(async (tx) => {
      await tx.query(`select 1 from circuit where mac = 'm2' and port_id = 'p45' for update`);
      await publisher.publish('rederive-circuits', { orgId: ORG });
      await waitFor(async () => (await due()) === 5, { describe: 'the circuits before the busy one' });
    });
    await nothingDue();
  });
});
