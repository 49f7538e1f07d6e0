import { InfrastructureError } from './infrastructure.error.js';
import type { Variables } from './processes.js';
import { findRedisProgram, startPrivateRedis, verifyRedis } from './redis.js';

export interface QueueOptions {
  readonly dataDir: string;
  readonly env: Variables;
  /** The database that carries the queue when there is no Redis. */
  readonly databaseUrl: string;
  /** A Redis that is already there; without it `REDIS_URL` of the environment counts. */
  readonly redisUrl?: string;
  /** `redis` insists on one; `postgres` does without even if there is one. */
  readonly prefer?: 'redis' | 'postgres';
}

export interface RunningQueue {
  readonly kind: 'redis' | 'postgres';
  readonly url: string;
  readonly origin: 'given' | 'private' | 'database';
  stop(): Promise<void>;
}

/** A given Redis, else a private one, else BullMQ's own backend on Postgres, which needs nothing installed. */
export async function startQueue(options: QueueOptions): Promise<RunningQueue> {
  const { dataDir, env, databaseUrl, prefer } = options;
  const onPostgres: RunningQueue = { kind: 'postgres', url: databaseUrl, origin: 'database', stop: async () => undefined };
  if (prefer === 'postgres') return onPostgres;
  const given = options.redisUrl ?? env['REDIS_URL'];
  if (given !== undefined && given !== '') {
    await verifyRedis(given);
    return { kind: 'redis', url: given, origin: 'given', stop: async () => undefined };
  }
  const program = await findRedisProgram(env);
  if (program !== null) return { kind: 'redis', origin: 'private', ...(await startPrivateRedis({ program, dataDir, env })) };
  if (prefer !== 'redis') return onPostgres;
  throw new InfrastructureError(
    'No redis-server or valkey-server is in PATH; run "apt-get install -y redis-server" (or "brew install redis"), or set REDIS_URL.',
  );
}
