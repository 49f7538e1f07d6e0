import 'reflect-metadata';
import { observationOfSle } from '@app/domain';
import { createService, Database, loadEnv, parseSettings, upsertOrg, type RunningService } from '@app/shared';
import { createTestDatabase, ManualClock, testRedisUrl, type TestDatabase } from '@app/testing';
import { AlertingService } from '../alerting/alerting.service.js';
import { ANALYZER } from '../analyzer.service-definition.js';
import { circuitObservations, siteObservations } from '../ingest/alert-inputs.repository.js';
import { currentSle } from '../sle/sle.repository.js';
import { AlertUpkeep } from './alert-upkeep.js';

const NOW = Date.UTC(2026, 2, 3, 12);
const SECOND = 1_000;
const ORG = 'org-1';

let testDatabase: TestDatabase;
let database: Database;
let analyzer: RunningService;
let clock: ManualClock;
let orgId: number;
beforeEach(async () => {
  testDatabase = await createTestDatabase();
  database = new Database({ url: testDatabase.url });
  clock = new ManualClock(NOW);
  const redis = testRedisUrl();
  const env = loadEnv({ DATABASE_URL: testDatabase.url, REDIS_URL: redis.url, LOG_LEVEL: 'silent', SHUTDOWN_GRACE_SECONDS: '2' });
  const runtime = {
    env,
    settings: parseSettings('{}', {}),
    clock,
    queue: { kind: 'redis', ...redis } as const,
    databaseUrl: testDatabase.url,
  };
  // No org yet: the schedules of the running service leave this spec alone.
  analyzer = await createService({ ...ANALYZER, healthPort: 0, runtime });
  ({ id: orgId } = await upsertOrg(database, { externalId: ORG }));
}, 60_000);
afterEach(async () => {
  await analyzer.close();
  await database.close();
  await testDatabase.drop();
});

/** A site with a gateway that is away and a circuit that is down, both seen at `at`. */
async function addSite(name: string, at: number): Promise<{ siteId: number; circuitId: number }> {
  const [site] = await database.query<{ id: number }>(
    'insert into site (org_id, external_id, name, observed_at) values ($1, $2, $2, $3) returning id',
    [orgId, name, new Date(at)],
  );
  const siteId = site?.id ?? 0;
  await database.query(
    `insert into site_sle (org_id, site_id, metric, at, score, severity, title, text) values ($1, $2, 'coverage', $3, 0.2, 'critical', 'Coverage', '20 %')`,
    [orgId, siteId, new Date(at)],
  );
  const [circuit] = await database.query<{ id: number }>(
    `insert into circuit (org_id, mac, port_id, site_id, is_live, state, state_at) values ($1, $2, 'p1', $3, true, 'down', $4) returning id`,
    [orgId, `mac-${name}`, siteId, new Date(at)],
  );
  return { siteId, circuitId: circuit?.id ?? 0 };
}

async function judge({ siteId, circuitId }: { siteId: number; circuitId: number }, now: number): Promise<void> {
  await database.transaction(async (tx) => {
    const metrics = await currentSle(tx, orgId, [siteId]);
    const observations = [
      ...(await circuitObservations(tx, orgId, [circuitId])),
      ...(await siteObservations(tx, orgId, { circuitIds: [circuitId], deviceIds: [] })),
      ...metrics.slice(0, 1).map(({ siteName }) => observationOfSle({ siteId, siteName, metrics, at: now })),
    ];
    await analyzer.app.get(AlertingService, { strict: false }).evaluate(tx, { orgId, now, correlationId: null, observations });
  });
}
const evaluateAlerts = () => analyzer.app.get(AlertUpkeep, { strict: false }).evaluateAlerts(ORG);
const statuses = async (siteId: number): Promise<string[]> =>
  (
    await database.query<{ rule: string; status: string }>(
      'select rule, status from alert where site_id = $1 order by rule, id',
      [siteId],
    )
  ).map(({ rule, status }) => `${rule} ${status}`);
const setRemoved = (siteId: number, at: number | null) =>
  database.query('update site set removed_at = $2 where org_id = $1 and id = $3', [
    orgId,
    at === null ? null : new Date(at),
    siteId,
  ]);

describe('a site that Mist no longer lists', () => {
  it('ends its alerts and those of its circuits, tells of those that fired, and leaves other sites alone', async () => {
    const gone = await addSite('Gone', NOW);
    const kept = await addSite('Kept', NOW);
    for (const site of [gone, kept]) await judge(site, NOW);
    expect(await statuses(gone.siteId)).toEqual(['circuit-down firing', 'site-down pending', 'sle firing']);
    await setRemoved(gone.siteId, NOW);
    // The delay of both pending alerts has run out.
    clock.set(NOW + 300 * SECOND);
    await evaluateAlerts();
    expect(await statuses(gone.siteId)).toEqual(['circuit-down resolved', 'site-down resolved', 'sle resolved']);
    expect(await statuses(kept.siteId)).toEqual(['circuit-down firing', 'site-down firing', 'sle firing']);
    const ends = await database.query<{ rule: string; told: boolean }>(
      `select a.rule, o.id is not null as told from alert_change c join alert a on a.org_id = c.org_id and a.id = c.alert_id
       left join outbox o on o.org_id = c.org_id and o.alert_id = c.alert_id and o.seq = c.seq
       where c.reason = 'site-removed' and c.to_status = 'resolved' order by a.rule`,
    );
    expect(ends).toEqual([
      { rule: 'circuit-down', told: true },
      { rule: 'site-down', told: false },
      { rule: 'sle', told: true },
    ]);
  });

  it('is not judged any more, and is again when it is back', async () => {
    const site = await addSite('Gone', NOW);
    await judge(site, NOW);
    await setRemoved(site.siteId, NOW);
    await evaluateAlerts();
    await database.query('update circuit set state_at = $1', [new Date(NOW + 60 * SECOND)]);
    await judge(site, NOW + 60 * SECOND);
    expect(await statuses(site.siteId)).toEqual(['circuit-down resolved', 'site-down resolved', 'sle resolved']);
    await setRemoved(site.siteId, null);
    await judge(site, NOW + 60 * SECOND);
    expect(await statuses(site.siteId)).toEqual([
      'circuit-down resolved',
      'circuit-down firing',
      'site-down resolved',
      'site-down pending',
      'sle resolved',
      'sle firing',
    ]);
  });
});
