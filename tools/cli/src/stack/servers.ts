import { startPostgres, startQueue } from '@app/shared/infra';
import { runMigrations } from '@app/shared';

export interface Servers {
  readonly databaseUrl: string;
  /** Environment variables that lead a service to these servers. */
  readonly variables: Readonly<Record<string, string>>;
  /** For people: what was found or started. */
  readonly description: string;
  stop(): Promise<void>;
}

/** Postgres and a queue, as ARCHITECTURE says: what the environment names, else what the machine has, else our own. Migrated and ready. */
export async function startServers(options: { dataDir: string; env: Readonly<Record<string, string | undefined>> }): Promise<Servers> {
  const postgres = await startPostgres(options);
  try {
    const queue = await startQueue({ ...options, databaseUrl: postgres.url });
    await runMigrations(postgres.url);
    const backend = queue.kind === 'redis' ? { REDIS_URL: queue.url, QUEUE_BACKEND: 'redis' } : { QUEUE_BACKEND: 'postgres' };
    return {
      databaseUrl: postgres.url,
      variables: { DATABASE_URL: postgres.url, ...backend },
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
