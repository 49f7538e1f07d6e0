import 'reflect-metadata';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Controller, Module } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Queue } from 'bullmq';
import { cadenceOf, slotStart } from '@app/collector';
import { startMistCloud, type MistCloud } from '@app/mist-cloud';
import {
  completeCycle,
  createService,
  Database,
  HandlesJob,
  JobPublisher,
  loadEnv,
  loadSettings,
  RawBatch,
  requireOrg,
  type RunningService,
} from '@app/shared';
import { createTestDatabase, testRedisServerUrl, waitFor, type TestDatabase } from '@app/testing';

const MINUTE_MS = 60_000;
const INTERVAL_MS = 5 * MINUTE_MS;
const ROUNDS = 12;
/** Rounds in which a collector is killed in the middle of its polls. */
const KILLS = [2, 5, 8];
const KINDS = ['wan-ports', 'peer-paths'] as const;
const MAIN = fileURLToPath(new URL('../../apps/collector/dist/main.js', import.meta.url));

let created: TestDatabase;
let database: Database;
let cloud: MistCloud;
let folder: string;
let variables: Record<string, string>;
let analyzer: RunningService;
let publisher: JobPublisher;
let queue: Queue;
const living = new Set<ChildProcess>();

/** Stands where the analyzer stands: takes each batch off the real queue and commits it. */
@Controller()
class CommitHandlers {
  @HandlesJob('ingest-batch')
  async commit(@Payload() batch: RawBatch): Promise<void> {
    const org = await requireOrg(database, batch.orgId);
    await database.transaction(async (tx) => {
      await tx.query(
        `insert into batch (org_id, batch_id, cycle_id, kind, observed_at, records, set_aside) values ($1, $2, $3, $4, $5, 0, 0) on conflict do nothing`,
        [org.id, batch.batchId, batch.cycleId, batch.kind, new Date(batch.observedAt)],
      );
      await completeCycle(tx, org.id, batch.cycleId);
    });
  }
}

@Module({ controllers: [CommitHandlers] })
class CommitModule {}

async function setClock(at: number): Promise<void> {
  cloud.clock.set(at);
  const file = join(folder, 'clock');
  await writeFile(`${file}.new`, String(at));
  await rename(`${file}.new`, file);
}

async function startCollector(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN], {
    env: variables,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  living.add(child);
  await waitFor(
    () =>
      new Promise<boolean>((resolve) => {
        child.stdout?.on('data', (line: Buffer) => {
          if (line.includes('collector runs')) resolve(true);
        });
        child.once('exit', () => resolve(true));
      }),
    { describe: 'a collector to start', timeoutMs: 20_000 },
  );
  if (child.exitCode !== null) throw new Error(`a collector ended with ${child.exitCode} instead of starting`);
  return child;
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  living.delete(child);
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}

beforeAll(async () => {
  if (!existsSync(MAIN)) throw new Error('apps/collector is not built: run "npm run build" first');
  created = await createTestDatabase();
  database = new Database({ url: created.url, poolSize: 4 });
  cloud = await startMistCloud({ orgs: 10, sitesPerOrg: 2, latencyMs: 30 });
  folder = await mkdtemp(join(tmpdir(), 'collectors-'));
  const orgs = cloud.orgs.map(({ id, token }) => ({ id, baseUrl: cloud.url, token }));
  await writeFile(join(folder, 'config.yaml'), JSON.stringify({ orgs }));
  await setClock(Date.UTC(2026, 2, 2, 10));
  variables = {
    DATABASE_URL: created.url,
    REDIS_URL: testRedisServerUrl(),
    QUEUE_PREFIX: `t${randomUUID().replaceAll('-', '')}`,
    CONFIG_FILE: join(folder, 'config.yaml'),
    CLOCK_FILE: join(folder, 'clock'),
    HEALTH_PORT: '0',
    LOG_LEVEL: 'info',
  };
  const env = loadEnv({ ...variables, LOG_LEVEL: 'silent' });
  const runtime = { env, settings: loadSettings(env), clock: cloud.clock, queue: env.queue, databaseUrl: created.url };
  analyzer = await createService({ name: 'committer', module: CommitModule, queues: ['ingest'], runtime });
  publisher = analyzer.app.get(JobPublisher);
  queue = new Queue('collect', { prefix: variables['QUEUE_PREFIX'] ?? '', connection: { url: testRedisServerUrl() } });
}, 60_000);

afterAll(async () => {
  for (const child of [...living]) await end(child, 'SIGTERM');
  await queue.close();
  await analyzer.close();
  await cloud.close();
  await database.close();
  await created.drop();
  await rm(folder, { recursive: true });
}, 60_000);

/** Leases that these collectors hold. */
async function holdersOf(children: Iterable<ChildProcess>): Promise<number> {
  const pids = [...children].map(({ pid }) => `${pid}.%`);
  return (await database.query('select 1 as one from poll_state where lease_holder like any($1)', [pids])).length;
}

/** Nothing waits and no living collector polls. What a killed one held stays active on the queue until its lock runs out. */
async function isIdle(): Promise<boolean> {
  const { waiting = 0, prioritized = 0 } = await queue.getJobCounts('waiting', 'prioritized');
  return waiting + prioritized === 0 && (await holdersOf(living)) === 0;
}

/** Until the living collectors have nothing to do. */
async function quiet(): Promise<void> {
  let activeBefore = -1;
  let calmLooks = 0;
  await waitFor(
    async () => {
      const { active = 0 } = await queue.getJobCounts('active');
      const isBusy = !(await isIdle());
      calmLooks = !isBusy && active === activeBefore ? calmLooks + 1 : 0;
      activeBefore = active;
      return calmLooks >= 3;
    },
    { describe: 'the collectors to be done', timeoutMs: 30_000 },
  );
}

/** What the schedulers do in one minute of driven time. Peer paths are asked for twice, as after a schedule was made anew. */
async function passMinute(now: number): Promise<void> {
  await setClock(now);
  await publisher.publish('reconcile-schedules', {});
  for (const { id: orgId } of cloud.orgs) {
    for (const kind of KINDS) {
      const cadence = cadenceOf(orgId, kind, INTERVAL_MS);
      if (slotStart(now, cadence) <= now - MINUTE_MS) continue;
      const copies = kind === 'peer-paths' ? 2 : 1;
      for (let copy = 0; copy < copies; copy += 1) await publisher.publish('collect-kind', { orgId, kind, reason: 'schedule' });
    }
  }
}

interface Tally {
  readonly polls: number;
  readonly doubled: number;
  readonly longestGapMinutes: number;
}

async function tally(endAt: number): Promise<Tally> {
  const rows = await database.query<{ org: string; kind: (typeof KINDS)[number]; at: Date }>(
    `select o.external_id as org, c.kind, c.observed_at as at from poll_cycle c join org o on o.id = c.org_id
     where c.pages is not null and c.kind = any($1) order by 1, 2, 3`,
    [KINDS],
  );
  let doubled = 0;
  let longestGapMs = 0;
  for (const { id } of cloud.orgs) {
    for (const kind of KINDS) {
      const times = rows.filter((row) => row.org === id && row.kind === kind).map(({ at }) => at.getTime());
      const slots = new Set(times.map((at) => slotStart(at, cadenceOf(id, kind, INTERVAL_MS))));
      doubled += times.length - slots.size;
      [...times, endAt].forEach((at, index) => {
        longestGapMs = Math.max(longestGapMs, index === 0 ? 0 : at - (times[index - 1] ?? at));
      });
    }
  }
  return { polls: rows.length, doubled, longestGapMinutes: Math.round(longestGapMs / MINUTE_MS) };
}

it('ten orgs, two collectors, one of them killed again and again: no poll is doubled, none is missed for more than two intervals', async () => {
  let now = cloud.clock.now();
  let victim = await startCollector();
  await startCollector();
  await quiet();
  for (let round = 0; round < ROUNDS; round += 1) {
    if (!living.has(victim)) victim = await startCollector();
    for (let minute = 0; minute < 5; minute += 1) {
      now += MINUTE_MS;
      await passMinute(now);
      if (minute === 1 && KILLS.includes(round)) {
        // In the middle of a poll; where the other one was quicker with all of them, between two.
        await waitFor(async () => (await holdersOf([victim])) > 0 || (await isIdle()), { describe: 'the victim to poll' });
        await end(victim, 'SIGKILL');
      }
      await quiet();
    }
  }
  const result = await tally(now);
  process.stdout.write(
    `collectors: ${result.polls} polls in ${ROUNDS} intervals, ${result.doubled} doubled, longest gap ${result.longestGapMinutes} min\n`,
  );
  expect(result.doubled).toBe(0);
  expect(result.longestGapMinutes).toBeLessThanOrEqual((2 * INTERVAL_MS) / MINUTE_MS);
  expect(result.polls).toBeGreaterThanOrEqual(cloud.orgs.length * KINDS.length * (ROUNDS - 1));
}, 110_000);
