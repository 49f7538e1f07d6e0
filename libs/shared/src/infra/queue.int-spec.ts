import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startQueue, type QueueOptions, type RunningQueue } from './queue.js';

const env = { PATH: process.env['PATH'] };
const databaseUrl = 'postgres://mistwatch@127.0.0.1/mistwatch';
let dataDir: string;
let running: RunningQueue[];

const start = async (options: Partial<QueueOptions> = {}): Promise<RunningQueue> => {
  const queue = await startQueue({ dataDir, env, databaseUrl, ...options });
  running.push(queue);
  return queue;
};

async function ask<T>(url: string, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'mistwatch-queue-'));
  running = [];
});
afterEach(async () => {
  for (const queue of running) await queue.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

test('a private Redis is shared, never evicts, and keeps its jobs over a restart', async () => {
  const [first, second] = await Promise.all([start({ prefer: 'redis' }), start()]);
  expect(second).toMatchObject({ kind: 'redis', origin: 'private', url: first.url });
  expect(await ask(first.url, (redis) => redis.config('GET', 'maxmemory-policy'))).toEqual(['maxmemory-policy', 'noeviction']);
  await ask(first.url, (redis) => redis.set('kept', 'yes'));
  await first.stop();
  expect(await ask(second.url, (redis) => redis.get('kept'))).toBe('yes');
  await second.stop();
  const third = await start();
  expect(await ask(third.url, (redis) => redis.get('kept'))).toBe('yes');
});

test('without a Redis the queue lives in Postgres; who insists is told how to get one', async () => {
  expect(await start({ env: { PATH: dataDir } })).toMatchObject({ kind: 'postgres', url: databaseUrl });
  expect(await start({ prefer: 'postgres' })).toMatchObject({ kind: 'postgres' });
  await expect(start({ env: { PATH: dataDir }, prefer: 'redis' })).rejects.toThrow('apt-get install -y redis-server');
});

test('a given Redis is used, and refused when it is away or may throw jobs away', async () => {
  const { url } = await start();
  expect(await start({ redisUrl: url })).toMatchObject({ kind: 'redis', origin: 'given', url });
  await expect(start({ redisUrl: 'redis://:hush@127.0.0.1:1' })).rejects.toThrow(
    /REDIS_URL \(redis:\/\/:\*\*\*@127\.0\.0\.1:1\) cannot be used/,
  );
  await ask(url, (redis) => redis.config('SET', 'maxmemory-policy', 'allkeys-lru'));
  await expect(start({ redisUrl: url })).rejects.toThrow('config set maxmemory-policy noeviction');
});
