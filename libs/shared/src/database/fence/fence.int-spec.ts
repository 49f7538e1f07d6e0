import { createTestDatabase, seedOrg, type TestDatabase } from '@app/testing';
import { runMigrations } from '../data-source.js';
import { Database } from '../database.js';
import { storedHours } from '../rollups/stored-hours.js';
import { fenceAroundNothing, fenced, type Fence } from './fence.js';

const NOW = Date.UTC(2026, 2, 1, 12, 10);
const site = (tag: string) => ({
  id: `site-${tag}`,
  name: tag,
  region: 'North',
  circuits: [{ mac: tag, portId: 'ge-0/0/0', name: tag, state: 'up' as const, hours: [{ rxBytes: 1_000, utilizationPct: 10 }] }],
});

describe('a fence around the database', () => {
  let test: TestDatabase;
  let db: Database;
  let fence: Fence;

  beforeAll(async () => {
    test = await createTestDatabase();
    // One connection, so that whatever a fence leaves behind is met by the next statement.
    db = new Database({ url: test.url, poolSize: 1 });
    const { orgId } = await seedOrg(db, { orgId: 'org-1', name: 'One', now: NOW, sites: [site('alder'), site('birch')] });
    await db.query(`insert into site_group (org_id, external_id, name) values ($1, 'it''s "one"', 'One')`, [orgId]);
    await db.query(`update site set sitegroup_ids = array['it''s "one"'] where external_id = 'site-alder'`);
    fence = { orgId, siteGroups: [`it's "one"`], callerId: 'key' };
  });
  afterAll(async () => {
    await db.close();
    await test.drop();
  });

  const sites = async (): Promise<string[]> =>
    (await db.query<{ id: string }>('select external_id as id from site order by 1')).map(({ id }) => id);
  const ours = <T>(work: () => Promise<T>): Promise<T> => fenced(fence, work);

  it('stands for statements and transactions, and for nobody after', async () => {
    expect(await ours(sites)).toEqual(['site-alder']);
    expect(await ours(() => db.transaction((tx) => tx.query('select mac from circuit')))).toEqual([{ mac: 'alder' }]);
    expect(await ours(() => db.atomically(sites))).toEqual(['site-alder']);
    expect(await ours(() => db.transaction((tx) => tx.query('select 1 / 0')).catch((error: Error) => error.message))).toContain(
      'zero',
    );
    expect(await sites()).toEqual(['site-alder', 'site-birch']);
    const [alone, all] = await Promise.all([ours(sites), sites()]);
    expect([alone, all]).toEqual([['site-alder'], ['site-alder', 'site-birch']]);
  });

  it('stands for rows that are streamed, and gives their connection back as it was', async () => {
    const span = { from: NOW - 86_400_000, to: NOW };
    const read = async (): Promise<number> => {
      let hours = 0;
      for await (const batch of storedHours(db, { orgId: fence.orgId, span })) hours += batch.length;
      return hours;
    };
    expect(await ours(read)).toBe(1);
    expect(await read()).toBe(2);
  });

  it('shows nothing of another organization, of no group and of a group that is gone', async () => {
    expect(await fenced({ ...fence, orgId: fence.orgId + 1 }, sites)).toEqual([]);
    expect(await fenced({ ...fence, siteGroups: [] }, sites)).toEqual([]);
    await db.query(`update site set sitegroup_ids = sitegroup_ids || '{gone}'`);
    expect(await fenced({ ...fence, siteGroups: ['gone'] }, sites)).toEqual([]);
  });

  it('cannot be put up inside of a transaction that was begun without, nor around another one', async () => {
    await expect(db.atomically(() => ours(sites))).rejects.toThrow('outside of the fence');
    const nested = async (): Promise<string[]> => fenced({ ...fence, siteGroups: ['other'] }, sites);
    expect(await fenced(fenceAroundNothing('key'), sites)).toEqual([]);
    expect(await fenced(fenceAroundNothing('key'), () => ours(sites))).toEqual(['site-alder']);
    await expect(ours(nested)).rejects.toThrow('A fence stands already');
  });

  it('refuses to write what lies outside', async () => {
    await db.query(`insert into site_group (org_id, external_id, name) select id, 'other', 'Other' from org`);
    const renamed = await ours(() => db.query(`update site_group set name = 'New' returning external_id as id`));
    expect(renamed).toEqual([{ id: `it's "one"` }]);
    const add = ours(() => db.query(`insert into site (org_id, external_id) values ($1, 'site-new')`, [fence.orgId]));
    await expect(add).rejects.toThrow('check option');
  });

  it('takes half of the connections at most: nobody else waits for those behind it', async () => {
    const busy = new Database({ url: test.url, poolSize: 4 });
    const other = await db.lend();
    await other.client.query('select pg_advisory_lock(1)');
    const slow = Promise.all(
      Array.from({ length: 10 }, () => ours(() => busy.query('select pg_advisory_xact_lock_shared(1), count(*) from site'))),
    );
    expect(await Promise.all([1, 2, 3].map((n) => busy.query('select $1::int as n', [n])))).toEqual([
      [{ n: 1 }],
      [{ n: 2 }],
      [{ n: 3 }],
    ]);
    await other.client.query('select pg_advisory_unlock(1)');
    await other.giveBack();
    expect(await slow).toHaveLength(10);
    await busy.close();
  });

  it('is seen through by the planner: it knows how many sites are inside, of a small group and of a large one', async () => {
    await db.query(
      `insert into site (org_id, external_id, sitegroup_ids)
       select $1, 'many-' || n, case when n % 50 = 0 then '{large,small}' when n % 2 = 0 then '{large}' else '{}' end::text[] from generate_series(1, 1000) n`,
      [fence.orgId],
    );
    await db.query(`insert into site_group (org_id, external_id, name) values ($1, 'large', 'Large'), ($1, 'small', 'Small')`, [
      fence.orgId,
    ]);
    await db.query('analyze site');
    const expected = async (group: string): Promise<number | undefined> => {
      const [row] = await fenced({ ...fence, siteGroups: [group] }, () =>
        db.query<{ 'QUERY PLAN': { Plan: { 'Plan Rows': number } }[] }>('explain (format json) select * from site'),
      );
      return row?.['QUERY PLAN'][0]?.Plan['Plan Rows'];
    };
    expect(await expected('large')).toBeGreaterThan(100);
    expect(await expected('small')).toBeLessThan(50);
    await db.query(`delete from site where external_id like 'many-%'`);
  });

  it('has a view for every table, also for one that comes later, and shows nothing of that', async () => {
    await db.query('create table plan (org_id integer not null, text text); insert into plan select id from org');
    await expect(ours(() => db.query('select * from plan'))).rejects.toThrow('does not exist');
    await runMigrations(test.url);
    expect(await ours(() => db.query('select * from plan'))).toEqual([]);
    const missing = `select table_name from information_schema.tables p where table_schema = 'public' and table_type = 'BASE TABLE'
      and not exists (select from pg_inherits i where i.inhrelid = (quote_ident(p.table_name))::regclass)
      and not exists (select from information_schema.views v where v.table_schema = 'scoped' and v.table_name = p.table_name)`;
    expect(await db.query(missing)).toEqual([]);
  });

  it('shows an error instead of the tables when its views are not there', async () => {
    await db.query('drop schema scoped cascade');
    await expect(ours(sites)).rejects.toThrow('does not exist');
    await runMigrations(test.url);
    expect(await ours(sites)).toEqual(['site-alder']);
  });
});
