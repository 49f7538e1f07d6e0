import { join, resolve } from 'node:path';
import { holdLease, releaseAtExit, releaseLease } from './lease.js';
import { withLock } from './lock.js';
import { ensureCluster } from './postgres-cluster.js';
import { verifyPostgres } from './postgres-check.js';
import { type PostgresEngine, findPostgresPrograms, makeDataDir } from './postgres-programs.js';
import { type PostgresServer, runningServer, startServer } from './postgres-server.js';
import { type Variables, endProcess } from './processes.js';
import { identityForPostgres } from './run-as.js';

export interface PostgresOptions {
  /** Where all servers keep their data; Postgres takes the folder `postgres` in it. */
  readonly dataDir: string;
  readonly port?: number;
  readonly env: Variables;
  /** Without it: embedded when there is one for this platform, else the system's. */
  readonly engine?: PostgresEngine;
  /** `throwaway` gives up safety against power cuts for speed: for tests. */
  readonly durability?: 'safe' | 'throwaway';
}

export interface RunningPostgres {
  readonly url: string;
  readonly origin: 'given' | PostgresEngine;
  /** Gives the server back; the last user's call stops it. Repeating it does nothing. */
  stop(): Promise<void>;
}

/** DATABASE_URL when given, else a Postgres of our own; one that already runs in this data folder is shared. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const given = options.env['DATABASE_URL'];
  if (given !== undefined && given !== '') {
    await verifyPostgres(given);
    return { url: given, origin: 'given', stop: async () => undefined };
  }
  const identity = identityForPostgres();
  const programs = await findPostgresPrograms(identity, options.engine);
  const dataDir = await makeDataDir(resolve(options.dataDir), identity);
  const files = { lock: join(dataDir, 'postgres.lock'), lease: join(dataDir, 'postgres.lease.json') };
  const server = await withLock(files.lock, async () => {
    const cluster = await ensureCluster({ dataDir, programs, identity, env: options.env });
    const server = (await runningServer(cluster)) ?? (await startServer(cluster, options));
    holdLease(files.lease, { serverPid: server.pid, port: server.port });
    return server;
  });
  return { url: server.url, origin: programs.engine, stop: stopOnce(files, server) };
}

function stopOnce(files: { lock: string; lease: string }, server: PostgresServer): () => Promise<void> {
  const forget = releaseAtExit(files.lease, 'SIGINT');
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> =>
    withLock(files.lock, async () => {
      forget();
      // SIGINT is Postgres' fast shutdown: it ends the connections and writes a checkpoint.
      if (releaseLease(files.lease) !== null) await endProcess(server.pid, 'SIGINT');
    });
  return async () => (stopped ??= stop());
}
