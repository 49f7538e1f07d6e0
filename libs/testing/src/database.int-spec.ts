import pg from 'pg';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from './database.js';

async function tablesOf({ url }: TestDatabase): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int as count from pg_tables where schemaname = 'public'`,
  );
  await client.end();
  return rows[0]?.count ?? 0;
}

test('a test database is migrated, another is empty, and both go away', async () => {
  const [migrated, empty] = await Promise.all([createTestDatabase(), createEmptyDatabase()]);
  expect(await tablesOf(migrated)).toBeGreaterThan(5);
  expect(await tablesOf(empty)).toBe(0);
  await Promise.all([migrated.drop(), empty.drop()]);
  await expect(tablesOf(migrated)).rejects.toThrow('does not exist');
});
