import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { createTestDatabase, testRedisUrl, type TestDatabase } from '@app/testing';
import { Controller, Inject, Module } from '@nestjs/common';
import { CLOCK, type Clock } from './clock.js';
import { SETTINGS } from './config/config.module.js';
import { loadEnv } from './config/env.js';
import { FileClock } from './config/file-clock.js';
import { parseSettings, type Settings } from './config/settings.js';
import { Database } from './database/database.js';
import { JsonLogger } from './logging/json-logger.js';
import { RotatingFile } from './logging/rotating-file.js';
import { PermanentError } from './errors.js';
import { DrainOutboxJob } from './queue/contracts.js';
import { jobsOn } from './queue/dispatch.js';
import { HandlesJob } from './queue/job-context.js';
import { JobPublisher } from './queue/publisher.js';
import { until } from './queue/queue-scene.fixture.js';
import { createService } from './service.js';

jest.setTimeout(30_000);

const seen: { orgId: string; nowMs: number; orgs: number }[] = [];

@Controller()
class NotifyHandlers {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(Database) private readonly database: Database,
  ) {}

  @HandlesJob('drain-outbox')
  async drain({ orgId }: DrainOutboxJob): Promise<void> {
    await this.database.query('select 1');
    if (orgId === 'bad') throw new PermanentError('BAD_ORG', 'no such org');
    seen.push({ orgId, nowMs: this.clock.now(), orgs: this.settings.orgs.length });
  }

  @HandlesJob('send-due')
  sendDue(): Promise<void> {
    return Promise.resolve();
  }

  @HandlesJob('test-channel')
  testChannel(): Promise<void> {
    return Promise.resolve();
  }

  @HandlesJob('watch-tickets')
  watchTickets(): Promise<void> {
    return Promise.resolve();
  }

  @HandlesJob('send-heartbeat')
  sendHeartbeat(): Promise<void> {
    return Promise.resolve();
  }
}

@Module({ controllers: [NotifyHandlers] })
class NotifyModule {}

// Of its own: another spec may count what is parked at the same time.
let database: TestDatabase;
const redis = testRedisUrl();
const folder = mkdtempSync(join(tmpdir(), 'mistwatch-service-'));

beforeAll(async () => {
  database = await createTestDatabase();
}, 60_000);

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await database.drop();
});

const get = async (port: number, path: string) => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, body: await response.text() };
};

it('starts a service inside a process: handlers with their dependencies, health, metrics, a clean stop', async () => {
  const clockFile = join(folder, 'now');
  writeFileSync(clockFile, '1767225600000');
  const env = loadEnv({
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    QUEUE_PREFIX: 'service_test',
    CLOCK_FILE: clockFile,
  });
  const runtime = {
    env,
    settings: parseSettings('', {}),
    clock: new FileClock(clockFile),
    queue: env.queue,
    databaseUrl: env.databaseUrl,
  };
  const log: string[] = [];
  const logger = new JsonLogger({ service: 'notifier', level: 'info', destination: { write: (line) => void log.push(line) } });
  const service = await createService({ name: 'notifier', module: NotifyModule, queues: ['notify'], runtime, logger });
  const publisher = service.app.get(JobPublisher);
  const parked = async (): Promise<string[]> =>
    (await get(service.healthPort, '/metrics')).body.split('\n').filter((line) => line.startsWith('mistwatch_jobs_parked_total'));
  const counted = (job: string, count: number): string =>
    `mistwatch_jobs_parked_total{queue="notify",job="${job}",service="notifier"} ${count}`;
  expect(await parked()).toEqual(jobsOn('notify').map((job) => counted(job, 0)));

  await publisher.publish('drain-outbox', { orgId: 'o1' });
  await until('the job is done', () => seen.length === 1);
  writeFileSync(clockFile, '1767225660000');
  await publisher.publish('drain-outbox', { orgId: 'o2' });
  await until('the second is done', () => seen.length === 2);
  expect(seen).toEqual([
    { orgId: 'o1', nowMs: 1_767_225_600_000, orgs: 0 },
    { orgId: 'o2', nowMs: 1_767_225_660_000, orgs: 0 },
  ]);

  await publisher.publish('drain-outbox', { orgId: 'bad' });
  await until('it is counted as parked', async () => (await parked()).includes(counted('drain-outbox', 1)));
  expect(await get(service.healthPort, '/health/live')).toMatchObject({ status: 200 });
  expect(JSON.parse((await get(service.healthPort, '/health/ready')).body)).toEqual({
    status: 'ok',
    checks: { database: 'ok', queue: 'ok' },
  });
  expect(await get(service.healthPort, '/elsewhere')).toMatchObject({ status: 404 });

  await service.close();
  await service.close();
  await expect(get(service.healthPort, '/health/live')).rejects.toThrow();
  expect(log.every((line) => line.includes('"service":"notifier"'))).toBe(true);
});

it('is not ready while its database is away', async () => {
  const away = 'postgres://user:secret-word@127.0.0.1:1/none';
  const env = loadEnv({ DATABASE_URL: away, REDIS_URL: redis.url, QUEUE_PREFIX: 'away_test' });
  const runtime = { env, settings: parseSettings('', {}), clock: { now: () => 0 }, queue: env.queue, databaseUrl: away };
  const logger = new JsonLogger({ service: 'notifier', level: 'silent' });
  const service = await createService({ name: 'notifier', module: NotifyModule, queues: ['notify'], runtime, logger });
  const ready = await get(service.healthPort, '/health/ready');
  expect(ready.status).toBe(503);
  expect(ready.body).toContain('ECONNREFUSED');
  expect(ready.body).not.toContain('secret-word');
  await service.close();
});

it('keeps the log file small by rotation', () => {
  const path = join(folder, 'logs', 'x.log');
  const file = new RotatingFile(path, { maxBytes: 10, keep: 3 });
  for (const line of ['aaaaaa\n', 'bbbbbb\n', 'cccccc\n', 'dddddd\n']) file.write(line);
  expect([path, `${path}.1`, `${path}.2`].map((name) => readFileSync(name, 'utf8'))).toEqual([
    'dddddd\n',
    'cccccc\n',
    'bbbbbb\n',
  ]);
  expect(() => readFileSync(`${path}.3`)).toThrow('ENOENT');
});

it('refuses a clock file without a time', () => {
  const clockFile = join(folder, 'empty');
  writeFileSync(clockFile, '');
  expect(() => new FileClock(clockFile)).toThrow('should hold the time as epoch milliseconds');
});
