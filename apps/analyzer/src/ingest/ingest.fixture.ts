import 'reflect-metadata';
import {
  createService,
  Database,
  loadEnv,
  parseSettings,
  RAW_BATCH_VERSION,
  upsertOrg,
  type RawBatch,
  type RunningService,
} from '@app/shared';
import { createTestDatabase, ManualClock, testRedisUrl } from '@app/testing';
import { ANALYZER } from '../analyzer.service-definition.js';
import { UpkeepService } from '../upkeep/upkeep.service.js';
import { IngestService } from './ingest.service.js';

export const ORG = 'org-1';
export const MAC = '02000000010a';

/** A running analyzer with a database of its own, to which a spec hands batches. */
export class IngestScene {
  private batches = 0;

  private constructor(
    readonly database: Database,
    readonly clock: ManualClock,
    private readonly analyzer: RunningService,
    private readonly drop: (this: void) => Promise<void>,
  ) {}

  static async open(now: number, configuration = '{}'): Promise<IngestScene> {
    const testDatabase = await createTestDatabase();
    const database = new Database({ url: testDatabase.url, poolSize: 4 });
    await upsertOrg(database, { externalId: ORG });
    const redis = testRedisUrl();
    const env = loadEnv({
      DATABASE_URL: testDatabase.url,
      REDIS_URL: redis.url,
      LOG_LEVEL: 'silent',
      SHUTDOWN_GRACE_SECONDS: '2',
    });
    const clock = new ManualClock(now);
    const runtime = {
      env,
      settings: parseSettings(configuration, {}),
      clock,
      queue: { kind: 'redis', ...redis } as const,
      databaseUrl: testDatabase.url,
    };
    const analyzer = await createService({ ...ANALYZER, healthPort: 0, runtime });
    return new IngestScene(database, clock, analyzer, () => testDatabase.drop());
  }

  async close(): Promise<void> {
    await this.analyzer.close();
    await this.database.close();
    await this.drop();
  }

  /** Commits one page as if it had just been fetched. */
  async commit(
    kind: RawBatch['kind'],
    records: readonly unknown[],
    observedAt = this.clock.now(),
    context?: NonNullable<RawBatch['context']>,
  ): Promise<void> {
    const id = `batch-${++this.batches}`;
    const batch = {
      batchId: id,
      orgId: ORG,
      kind,
      cycleId: id,
      page: 0,
      observedAt,
      schemaVersion: RAW_BATCH_VERSION,
      correlationId: id,
      records,
      ...(context === undefined ? {} : { context }),
    };
    await this.analyzer.app.get(IngestService, { strict: false }).commit(batch);
  }

  /** A service of the running analyzer. */
  get<T>(type: new (...parts: never[]) => T): T {
    return this.analyzer.app.get<T>(type, { strict: false });
  }

  /** Utilization of circuits whose bandwidth was loaded, and their hours with samples, are made anew. */
  async rederive(): Promise<void> {
    await this.database.query('update circuit set rederive_due = true');
    await this.get(UpkeepService).rederive(ORG);
  }

  /** Events that reached the facts, as `port state`. */
  async portEvents(): Promise<string[]> {
    const rows = await this.database.query<{ told: string }>(
      `select c.port_id || ' ' || e.state as told from port_event e join circuit c on c.org_id = e.org_id and c.id = e.circuit_id order by e.at, 1`,
    );
    return rows.map(({ told }) => told);
  }
}

export const portRow = (portId: string, more: object = {}): object => ({
  type: 'gateway',
  port_usage: 'wan',
  mac: MAC,
  port_id: portId,
  site_id: 'site-1',
  up: true,
  ...more,
});

export const portDown = (portId: string, at: number, more: object = {}): object => ({
  type: 'GW_PORT_DOWN',
  timestamp: at / 1000,
  mac: MAC,
  site_id: 'site-1',
  port_id: portId,
  text: 'down',
  ...more,
});

export const namedGateway = (portId: string, wanName: string): object => ({
  type: 'gateway',
  mac: MAC,
  site_id: 'site-1',
  status: 'connected',
  if_stat: { [`${portId}.0`]: { port_id: portId, port_usage: 'wan', wan_name: wanName } },
});
