import type { MigrationInterface, QueryRunner } from 'typeorm';

/** API keys that reach only the sites of some of Mist's site groups. */
export class KeySiteGroups1767225602700 implements MigrationInterface {
  name = 'KeySiteGroups1767225602700';

  async up(runner: QueryRunner): Promise<void> {
    // Null = the whole organization. A limit is never empty, so that taking the last group away cannot turn it into none.
    await runner.query('alter table api_key_org add column site_groups text[] check (cardinality(site_groups) > 0)');
  }

  async down(runner: QueryRunner): Promise<void> {
    // Older versions know no limit: such a key would reach everything.
    await runner.query(`
      update api_key set revoked_at = coalesce(revoked_at, now())
        where id in (select key_id from api_key_org where site_groups is not null);
      alter table api_key_org drop column site_groups;
    `);
  }
}
