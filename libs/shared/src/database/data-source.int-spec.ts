import { createEmptyDatabase, type TestDatabase } from '@app/testing';
import { revertMigrations, runMigrations } from './data-source.js';
import { Database } from './database.js';

let test: TestDatabase;
let db: Database;
beforeAll(async () => {
  test = await createEmptyDatabase();
  db = new Database({ url: test.url, poolSize: 1 });
}, 60_000);
afterAll(async () => {
  await db.close();
  await test.drop();
}, 30_000);

/** Everything a migration can make, with all that defines it. */
async function schema(): Promise<string[]> {
  const rows = await db.query<{ told: string }>(`
    select 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || coalesce(' ' || column_default, '') as told
      from information_schema.columns where table_schema = 'public'
    union all select 'table ' || relname || coalesce(' ' || array_to_string(reloptions, ','), '')
      from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S')
    union all select 'index ' || indexdef from pg_indexes where schemaname = 'public'
    union all select 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid)
      from pg_constraint where connamespace = 'public'::regnamespace
    union all select 'trigger ' || pg_get_triggerdef(t.oid)
      from pg_trigger t join pg_class c on c.oid = t.tgrelid where c.relnamespace = 'public'::regnamespace and not tgisinternal
    union all select 'function ' || pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace
    order by 1`);
  // What typeorm keeps for itself.
  return rows.map(({ told }) => told).filter((told) => !/\bmigrations(_id_seq)?\b/.test(told));
}

it('takes back every migration without a trace, and makes the same schema again', async () => {
  const names = await runMigrations(test.url);
  const whole = await schema();
  expect(whole.filter((told) => told.startsWith('trigger')).length).toBeGreaterThan(60);
  // Some, so that those before stay to be collided with; then all.
  for (const since of ['ConfigItems1767225602350', names[0] ?? '']) {
    const undone = names.slice(names.indexOf(since));
    await revertMigrations(test.url, undone.length);
    const left = await schema();
    expect(left.filter((told) => /\bnote_|config_item|data_change|idempotent_answer/.test(told))).toEqual([]);
    if (since === names[0]) expect(left).toEqual([]);
    expect(await runMigrations(test.url)).toEqual(undone);
    expect(await schema()).toEqual(whole);
  }
}, 60_000);
