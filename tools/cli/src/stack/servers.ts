import { startPostgres, startQueue } from '@app/shared/infra';
import { Database, runMigrations } from '@app/shared';

export interface Servers {
  readonly databaseUrl: string;
  /** Environment variables that lead a service to these servers. */
  readonly variables: Readonly<Record<string, string>>;
  /** For people: what was found or started. */
  readonly description: string;
  stop(): Promise<void>;
}

/** Postgres and a queue: what the environment names, else what the machine has, else our own. Migrated and ready. */
export async function startServers(options: {
  dataDir: string;
  env: Readonly<Record<string, string | undefined>>;
  freshDatabase?: string;
}): Promise<Servers> {
  const postgres = await startPostgres(options);
  try {
    const databaseUrl =
      options.freshDatabase === undefined ? postgres.url : await freshDatabase(postgres.url, options.freshDatabase);
    const queue = await startQueue({ ...options, databaseUrl });
    await runMigrations(databaseUrl);
    const backend = queue.kind === 'redis' ? { REDIS_URL: queue.url, QUEUE_BACKEND: 'redis' } : { QUEUE_BACKEND: 'postgres' };
    return {
      databaseUrl,
      variables: { DATABASE_URL: databaseUrl, ...backend },
      description: `Postgres (${postgres.origin}), queue on ${queue.kind === 'redis' ? `Redis (${queue.origin})` : 'Postgres'}`,
      stop: async () => {
        await queue.stop();
        await postgres.stop();
      },
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

/** An empty database beside the given one; what an earlier run left in it is gone. */
async function freshDatabase(serverUrl: string, name: string): Promise<string> {
  const server = new Database({ url: serverUrl, poolSize: 1 });
  try {
    await server.query(`drop database if exists ${name} with (force)`);
    await server.query(`create database ${name}`);
  } finally {
    await server.close();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
