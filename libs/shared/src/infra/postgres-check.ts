import pg from 'pg';
import { InfrastructureError, messageOf, withoutPassword } from './infrastructure.error.js';

export const OLDEST_POSTGRES = 15;

/** Runs one query on a connection of its own. */
export async function queryOnce<R extends pg.QueryResultRow>(url: string, sql: string, values: unknown[] = []): Promise<R[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    return (await client.query<R>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/** Refuses a given database that is not reachable, too old, or in which we may not make tables. */
export async function verifyPostgres(url: string): Promise<void> {
  const where = `DATABASE_URL (${withoutPassword(url)})`;
  const rows = await queryOnce<{ version: string; may_create: boolean }>(
    url,
    `select current_setting('server_version_num') as version, has_database_privilege(current_database(), 'CREATE') as may_create`,
  ).catch((cause: unknown) => {
    throw new InfrastructureError(
      `${where} cannot be used: ${messageOf(cause)}. Start that server or mend the URL; without the variable an own Postgres is started.`,
      { cause },
    );
  });
  const [{ version, may_create: mayCreate } = { version: '0', may_create: false }] = rows;
  const major = Math.floor(Number(version) / 10_000);
  if (major < OLDEST_POSTGRES)
    throw new InfrastructureError(`${where} is Postgres ${major}; version ${OLDEST_POSTGRES} or newer is needed.`);
  if (!mayCreate)
    throw new InfrastructureError(`${where}: its user may not create schemas there; run: grant create on database ... to ...`);
}
