import type { ChildProcess } from 'node:child_process';
import { readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InfrastructureError } from './infrastructure.error.js';
import { type Cluster, POSTGRES_USER } from './postgres-cluster.js';
import { queryOnce } from './postgres-check.js';
import { endProcess, freePort, isAlive, isPortFree, pollUntil, programOf, startServerProcess, tailOf } from './processes.js';

const START_TIMEOUT_MS = 30_000;

export interface PostgresServer {
  readonly pid: number;
  readonly port: number;
  readonly url: string;
}

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  max_wal_size: '2GB',
  timezone: 'UTC',
  log_timezone: 'UTC',
} as const;
const THROWAWAY_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_wal_size: '256MB' } as const;

/** The server that already runs on these files, found by Postgres' own pid file; a stale pid file is removed. */
export async function runningServer(cluster: Cluster): Promise<PostgresServer | null> {
  const pidFile = join(cluster.folder, 'postmaster.pid');
  const lines = await readFile(pidFile, 'utf8').then(
    (text) => text.split('\n'),
    () => null,
  );
  if (lines === null) return null;
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  const program = isAlive(pid) ? (programOf(pid) ?? 'postgres') : null;
  // After a crash of the machine another program may have the old number.
  if (program === null || !program.startsWith('postgres')) {
    await rm(pidFile, { force: true });
    return null;
  }
  const url = urlOf(cluster, port);
  if (await pollUntil(async () => !isAlive(pid) || (await answers(cluster, url)), START_TIMEOUT_MS)) {
    return isAlive(pid) ? ensureDatabase({ pid, port, url }) : null;
  }
  throw new InfrastructureError(
    `A Postgres (process ${pid}) holds ${cluster.folder} but does not answer on port ${port}; end that process and start again.`,
  );
}

/** Starts Postgres on these files and waits until it answers. */
export async function startServer(
  cluster: Cluster,
  options: { readonly port?: number; readonly durability?: 'safe' | 'throwaway' },
): Promise<PostgresServer> {
  const port = options.port ?? (await freePort());
  if (!(await isPortFree(port)))
    throw new InfrastructureError(`Port ${port} on 127.0.0.1 is taken, Postgres cannot use it; free it or choose another.`);
  const settings = { ...SETTINGS, ...(options.durability === 'throwaway' ? THROWAWAY_SETTINGS : {}) };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const { folder, logFile, identity, env } = cluster;
  const args = ['-D', folder, '-p', String(port), ...flags];
  const child = await startServerProcess({ command: cluster.programs.postgres, args, logFile, cwd: folder, identity, env });
  const url = urlOf(cluster, port);
  const isUp = await pollUntil(async () => hasEnded(child) || (await answers(cluster, url)), START_TIMEOUT_MS);
  if (hasEnded(child) || !isUp || child.pid === undefined) {
    if (child.pid !== undefined) await endProcess(child.pid, 'SIGINT');
    throw new InfrastructureError(`Postgres did not start on ${folder}; the end of ${logFile}:\n${tailOf(logFile)}`);
  }
  return ensureDatabase({ pid: child.pid, port, url });
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

function urlOf({ password }: Cluster, port: number): string {
  return `postgres://${POSTGRES_USER}:${password}@127.0.0.1:${port}/${POSTGRES_USER}`;
}

const inDatabase = (url: string, database: string): string => url.replace(/[^/]*$/, database);

/** True when our own server answers at this address: another one on the same port has other files. */
async function answers({ folder }: Cluster, url: string): Promise<boolean> {
  const rows = await queryOnce<{ folder: string }>(
    inDatabase(url, 'postgres'),
    `select current_setting('data_directory') as folder`,
  ).catch(() => null);
  return rows !== null && rows[0]?.folder === (await realpath(folder));
}

async function ensureDatabase(server: PostgresServer): Promise<PostgresServer> {
  const maintenance = inDatabase(server.url, 'postgres');
  const found = await queryOnce(maintenance, 'select 1 from pg_database where datname = $1', [POSTGRES_USER]);
  if (found.length === 0) await queryOnce(maintenance, `create database ${POSTGRES_USER}`);
  return server;
}
