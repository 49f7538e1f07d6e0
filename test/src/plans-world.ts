import { createApi, type RunningApi } from '@app/api';
import { drainRollups } from '@app/analyzer';
import { DAY_MS, HOUR_MS, Sketch } from '@app/domain';
import {
  createApiKey,
  Database,
  ensurePartitions,
  loadEnv,
  parseSettings,
  requireOrg,
  upsertOrg,
  type OrgRow,
  type PartitionedTable,
} from '@app/shared';
import { createTestDatabase, ManualClock, testRedisUrl, type TestDatabase } from '@app/testing';
import { recordStatements, type Statement } from './statements.js';

export const NOW = Date.UTC(2026, 3, 22, 10, 20);
const MONTH_BEGAN = Date.UTC(2026, 3, 1);
const YEAR_BEGAN = Date.UTC(2025, 2, 1);
/** The one that is asked; those beside it fill the same tables. */
export const ORG = 'org-3';

export interface PlansSize {
  readonly orgs: number;
  readonly circuits: number;
  /** Of hours and of days stored. */
  readonly hourDays: number;
  readonly days: number;
}

/** Several organizations with thirteen months of history in one database, their API, and every statement that is sent. */
export class PlansWorld {
  private constructor(
    readonly database: Database,
    readonly sent: readonly Statement[],
    private readonly api: RunningApi,
    private readonly parts: { asked: readonly Statement[]; key: string; org: OrgRow; testDatabase: TestDatabase },
  ) {}

  static async start(size: PlansSize): Promise<PlansWorld> {
    const testDatabase = await createTestDatabase();
    const database = new Database({ url: testDatabase.url });
    const org = await seed(database, size);
    const sent = recordStatements(database);
    const redis = testRedisUrl();
    const env = loadEnv({ DATABASE_URL: testDatabase.url, REDIS_URL: redis.url, QUEUE_PREFIX: 'test', LOG_LEVEL: 'silent' });
    const runtime = {
      env,
      settings: parseSettings('', {}),
      clock: new ManualClock(NOW),
      queue: { kind: 'redis' as const, ...redis },
      databaseUrl: testDatabase.url,
    };
    const api = await createApi({ runtime, api: { rateLimit: { requestsPerSecond: 1e6, burst: 1e6 } }, logger: false });
    const given = { name: 'k', role: 'viewer', orgIds: [ORG], now: new Date(NOW), actor: 'test' } as const;
    const { secret } = await createApiKey(database, given);
    return new PlansWorld(database, sent, api, {
      asked: recordStatements(api.app.get(Database)),
      key: secret,
      org,
      testDatabase,
    });
  }

  get org(): OrgRow {
    return this.parts.org;
  }

  async stop(): Promise<void> {
    await this.api.close();
    await this.database.close();
    await this.parts.testDatabase.drop();
  }

  /** What a request sends to the database. */
  async sentBy(path: string): Promise<Statement[]> {
    const before = this.parts.asked.length;
    const url = `/v1/orgs/${ORG}${path}`;
    const { statusCode, body } = await this.api.app.inject({ url, headers: { authorization: `Bearer ${this.parts.key}` } });
    if (statusCode !== 200) throw new Error(`${path}: ${String(statusCode)} ${body}`);
    return this.parts.asked.slice(before);
  }

  /** What it takes to fold the newest closed hour of every circuit into its day and its groups. */
  async sentByFold(): Promise<Statement[]> {
    const before = this.sent.length;
    const newest = new Date(Math.floor(NOW / HOUR_MS) * HOUR_MS - HOUR_MS);
    await this.database.query(
      'insert into rollup_mark (org_id, circuit_id, from_hour, to_hour) select org_id, id, $2, $2 from circuit where org_id = $1',
      [this.org.id, newest],
    );
    await drain(this.database, this.org);
    return this.sent.slice(before);
  }
}

const drain = (database: Database, org: OrgRow) =>
  drainRollups({ database, settings: parseSettings('', {}), org, now: NOW, isPatient: true });

async function seed(database: Database, { orgs, circuits, hourDays, days }: PlansSize): Promise<OrgRow> {
  for (let i = 1; i <= orgs; i++) await upsertOrg(database, { externalId: `org-${String(i)}`, name: `Example ${String(i)}` });
  await database.query(
    `insert into site (org_id, external_id, name) select o.id, 'site-' || i, 'Site ' || i from org o, generate_series(1, $1::int / 2) i`,
    [circuits],
  );
  await database.query(
    `insert into site_attribute (org_id, site_id, source, since, region, store_type)
     select org_id, id, 'configured', '-infinity', (array['North', 'South', 'West'])[id % 3 + 1], (array['small', 'large'])[id % 2 + 1] from site`,
  );
  await database.query(
    `insert into circuit (org_id, mac, port_id, site_id, is_live, first_observed_at, last_observed_at, facts_until, state, state_since, state_at)
     select s.org_id, '02' || lpad(to_hex(s.id), 10, '0'), 'ge-0/0/' || p, s.id, true, $1, $2, date_trunc('hour', $2::timestamptz), 'up', $1, $2
     from site s, generate_series(0, 1) p`,
    [new Date(YEAR_BEGAN), new Date(NOW)],
  );
  await database.query(
    `insert into circuit_attribute (org_id, circuit_id, source, since, provider, bandwidth_down_mbps)
     select org_id, id, 'configured', '-infinity', (array['Ash', 'Oak'])[id % 2 + 1], 100 from circuit`,
  );
  await database.query('update circuit set rederive_due = false');
  const org = await requireOrg(database, ORG);
  // Before there are hours: what is stored from now on is taken as folded.
  for (let i = 1; i <= orgs; i++) await drain(database, await requireOrg(database, `org-${String(i)}`));
  await seedHours(database, NOW - hourDays * DAY_MS);
  await seedRollups(database, 'day', { from: NOW - days * DAY_MS, step: '1 day' });
  await seedRollups(database, 'week', { from: Date.UTC(2025, 2, 3), step: '7 days' });
  await seedRollups(database, 'month', { from: YEAR_BEGAN, step: '1 month' });
  await database.query('analyze');
  return org;
}

const ensure = (database: Database, table: PartitionedTable, from: number): Promise<void> =>
  ensurePartitions(
    database,
    table,
    Array.from({ length: Math.ceil((NOW - from) / DAY_MS) + 1 }, (_, i) => from + i * DAY_MS),
  );

async function seedHours(database: Database, from: number): Promise<void> {
  await ensure(database, 'circuit_hour', from);
  await ensure(database, 'hour_sketch', from);
  const hours = `circuit c cross join generate_series(date_trunc('hour', $1::timestamptz), date_trunc('hour', $2::timestamptz) - interval '1 hour', '1 hour') h`;
  const span = [new Date(from), new Date(NOW)];
  await database.query(
    `insert into circuit_hour (org_id, circuit_id, hour, site_id, source, rx_bytes, tx_bytes, covered_ms, utilization_pct, up_ms, down_ms, flaps,
       latency_count, latency_avg, latency_max, jitter_count, loss_count, counter_reset)
     select c.org_id, c.id, h, c.site_id, 'samples', 1000000, 1000, 3600000, (c.id * 7 + extract(hour from h)::int * 11) % 97, 3600000, 0, 0,
       12, 20 + c.id % 80, 160, 0, 0, false from ${hours} order by h, c.id`,
    span,
  );
  await database.query(
    `insert into hour_sketch (org_id, circuit_id, hour, latency) select c.org_id, c.id, h, null from ${hours} where h >= $2::timestamptz - interval '2 days'`,
    span,
  );
}

const SUMS = `facts, covered_ms, rx_bytes, tx_bytes, util_hours, util_weight_ms, util_sum, util_max, util_p95, util_peak, up_ms, down_ms, flaps,
  latency_count, latency_sum, latency_max, latency_p95, latency_sketched, jitter_count, jitter_sum, jitter_sketched, loss_count, loss_sum, loss_sketched`;
const sums = (circuits: string, id: string): string =>
  `24 * ${circuits}, 86400000 * ${circuits}, 24000000, 24000, 24, 86400000, 86400000.0 * (${id} % 90), ${id} % 97, ${id} % 95, ${id} % 99, 86400000 * ${circuits}, 0, ${id} % 7,
   288, 288.0 * (20 + ${id} % 80), 160, 20 + ${id} % 80, 288, 0, 0, 0, 0, 0, 0`;

/** Days up to the running one; weeks and months that are over. */
async function seedRollups(database: Database, grain: 'day' | 'week' | 'month', { from, step }: { from: number; step: string }) {
  for (const table of [`circuit_${grain}`, `group_${grain}`] as const) await ensure(database, table, from);
  if (grain === 'day') await ensure(database, 'circuit_sketch', from);
  const to = grain === 'month' ? MONTH_BEGAN - 1 : grain === 'week' ? NOW - 7 * DAY_MS : NOW;
  const starts = `generate_series(date_trunc('day', $1::timestamptz), $2::timestamptz, '${step}') t`;
  const above = `array_fill(0, array[${grain === 'day' ? '12' : '48'}])`;
  const span = [new Date(from), new Date(to)];
  const sketch = new Sketch();
  for (let value = 20; value < 100; value++) sketch.add(value);
  await database.query(
    `insert into circuit_${grain} (org_id, circuit_id, start, stretch_from, stretch_to, site_id, region, store_type, provider, ${SUMS}, above)
     select c.org_id, c.id, t, t, t + interval '${step}', c.site_id, s.region, s.store_type, a.provider, ${sums('1', 'c.id')}, ${above}
     from circuit c join site_attribute s on s.org_id = c.org_id and s.site_id = c.site_id
     join circuit_attribute a on a.org_id = c.org_id and a.circuit_id = c.id cross join ${starts} order by t, c.id`,
    span,
  );
  await database.query(
    `insert into group_${grain} (org_id, level, key, start, circuits, ${SUMS}, above, util_sketch, latency_sketch, jitter_sketch, loss_sketch)
     select o.id, g.level, g.key, t, 20, ${sums('20', 'o.id')}, array_fill(0, array[24]), $3, $3, $3, $3 from org o cross join ${starts}
     cross join (values ('region', 'North'), ('region', 'South'), ('region', 'West'), ('store_type', 'small'), ('store_type', 'large'),
       ('provider', 'Ash'), ('provider', 'Oak'), ('org', '')) as g (level, key)`,
    [...span, sketch.encode()],
  );
  if (grain !== 'day') return;
  await database.query(
    `insert into circuit_sketch (org_id, grain, circuit_id, start, stretch_from, util_values)
     select c.org_id, 'day', c.id, t, t, array_fill(50.0::float8, array[24]) from circuit c cross join ${starts} order by t, c.id`,
    span,
  );
}
