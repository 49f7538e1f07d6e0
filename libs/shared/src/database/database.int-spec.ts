import { createTestDatabase, waitFor, type TestDatabase } from '@app/testing';
import { TransientError } from '../errors.js';
import { Database } from './database.js';
import { prepared } from './prepared.js';

let test: TestDatabase;
let database: Database;
beforeAll(async () => {
  test = await createTestDatabase();
  database = new Database({ url: test.url, poolSize: 2 });
}, 60_000);
afterAll(async () => {
  await database.close();
  await test.drop();
}, 30_000);

const pidOf = async (queryable: Pick<Database, 'query'>): Promise<number> =>
  (await queryable.query<{ pid: number }>('select pg_backend_pid() as pid'))[0]?.pid ?? 0;
const isGone = async (pid: number): Promise<boolean> =>
  (await database.query('select 1 from pg_stat_activity where pid = $1', [pid])).length === 0;

it('outlives a connection that breaks between two queries of a transaction', async () => {
  let isUndone = true;
  const broken = database.transaction(async (tx) => {
    const pid = await pidOf(tx);
    await tx.query('create table half_done ()');
    await database.query('select pg_terminate_backend($1)', [pid]);
    await waitFor(() => isGone(pid), { describe: 'the end of the connection' });
    await tx.query('select 1');
    isUndone = false;
  });
  await expect(broken).rejects.toBeInstanceOf(TransientError);
  expect(isUndone).toBe(true);
  expect(await database.query(`select to_regclass('half_done') as "halfDone"`)).toEqual([{ halfDone: null }]);
});

it('keeps the plans of prepared statements, and asks all others anew', async () => {
  const kept = prepared('select $1::int + 1 as kept');
  const names = `select name from pg_prepared_statements`;
  await database.transaction(async (tx) => {
    expect(await tx.query(kept, [1])).toEqual([{ kept: 2 }]);
    expect(await tx.query(names)).toEqual([]);
  });
  const one = new Database({ url: test.url, poolSize: 1 });
  try {
    for (const value of [1, 2]) expect(await one.query(kept, [value])).toEqual([{ kept: value + 1 }]);
    await one.query('select 1');
    expect(await one.query(names)).toHaveLength(1);
    // As a pooler does that gives the connection to somebody else in between.
    await one.query('deallocate all');
    for (const value of [3, 4]) expect(await one.query(kept, [value])).toEqual([{ kept: value + 1 }]);
    expect(await one.query(names)).toEqual([]);
  } finally {
    await one.close();
  }
});
