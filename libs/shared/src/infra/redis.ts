import { mkdir, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Redis } from 'ioredis';
import { InfrastructureError, messageOf, withoutPassword } from './infrastructure.error.js';
import { holdLease, readLease, releaseAtExit, releaseLease } from './lease.js';
import { withLock } from './lock.js';
import {
  type Variables,
  endProcess,
  findProgram,
  freePort,
  isAlive,
  pollUntil,
  startServerProcess,
  tailOf,
} from './processes.js';

/** BullMQ recommends it; older ones lack commands it uses when it can. */
const OLDEST_REDIS = 6.2;
const START_TIMEOUT_MS = 15_000;

export interface RedisServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** The program to start a private Redis with, or null when none is installed. */
export async function findRedisProgram(env: Variables): Promise<string | null> {
  return findProgram(['redis-server', 'valkey-server'], env);
}

/** A private Redis in the folder `redis` of the data folder; one that already runs there is shared. */
export async function startPrivateRedis(options: { program: string; dataDir: string; env: Variables }): Promise<RedisServer> {
  const folder = resolve(options.dataDir, 'redis');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files = { lock: `${folder}.lock`, lease: `${folder}.lease.json` };
  const server = await withLock(files.lock, async () => {
    const running = readLease(files.lease);
    const isUsable =
      running !== null &&
      (await pollUntil(async () => !isAlive(running.serverPid) || (await servesFolder(running.port, folder)), 2_000));
    const server = running !== null && isUsable && isAlive(running.serverPid) ? running : await spawnRedis(options, folder);
    holdLease(files.lease, { serverPid: server.serverPid, port: server.port });
    return server;
  });
  const forget = releaseAtExit(files.lease, 'SIGTERM');
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> =>
    withLock(files.lock, async () => {
      forget();
      if (releaseLease(files.lease) !== null) await endProcess(server.serverPid, 'SIGTERM');
    });
  return { url: `redis://127.0.0.1:${server.port}`, stop: async () => (stopped ??= stop()) };
}

/** Refuses a given Redis that is not reachable, too old, or that may throw jobs away. */
export async function verifyRedis(url: string): Promise<void> {
  const where = `REDIS_URL (${withoutPassword(url)})`;
  const info = await withRedis(url, async (redis) => redis.info()).catch((cause: unknown) => {
    throw new InfrastructureError(
      `${where} cannot be used: ${messageOf(cause)}. Start that server or mend the URL; without the variable a private queue is used.`,
      { cause },
    );
  });
  const fieldOf = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  if (parseFloat(fieldOf('redis_version') ?? '0') < OLDEST_REDIS) {
    throw new InfrastructureError(
      `${where} is Redis ${fieldOf('redis_version') ?? 'of unknown version'}; version ${OLDEST_REDIS} or newer is needed.`,
    );
  }
  const policy = fieldOf('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    throw new InfrastructureError(
      `${where} may throw jobs away: its maxmemory-policy is ${policy}. Run on it: redis-cli config set maxmemory-policy noeviction`,
    );
  }
}

/** Jobs survive a restart (append-only file) and are never evicted. */
async function spawnRedis(
  { program, env }: { program: string; env: Variables },
  folder: string,
): Promise<{ serverPid: number; port: number }> {
  const port = await freePort();
  const logFile = `${folder}.log`;
  const durable = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', '', '--maxmemory-policy', 'noeviction'];
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--daemonize', 'no', ...durable];
  const child = await startServerProcess({ command: program, args, logFile, cwd: folder, identity: {}, env });
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const isUp = await pollUntil(async () => hasEnded() || (await servesFolder(port, folder)), START_TIMEOUT_MS);
  if (hasEnded() || !isUp || child.pid === undefined) {
    if (child.pid !== undefined) await endProcess(child.pid, 'SIGTERM');
    throw new InfrastructureError(`${program} did not start in ${folder}; the end of ${logFile}:\n${tailOf(logFile)}`);
  }
  return { serverPid: child.pid, port };
}

/** True when the Redis on this port is the one whose data lie in our folder. */
async function servesFolder(port: number, folder: string): Promise<boolean> {
  const dir = await withRedis(`redis://127.0.0.1:${port}`, async (redis) => redis.config('GET', 'dir')).catch(() => null);
  return Array.isArray(dir) && dir[1] === (await realpath(folder));
}

async function withRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null, connectTimeout: 5_000 });
  // connect() reports the same fault; without a listener ioredis prints it as unhandled.
  let fault: Error | undefined;
  redis.on('error', (error: Error) => (fault = error));
  try {
    await redis.connect();
    return await work(redis);
  } catch (error) {
    throw fault ?? error;
  } finally {
    redis.disconnect();
  }
}
