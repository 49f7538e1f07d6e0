import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the configuration last said about alerts of each org, so that a change of the file stands in the audit log. */
export class ConfigItems1767225602350 implements MigrationInterface {
  name = 'ConfigItems1767225602350';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table config_item (
        org_id integer not null references org (id),
        item text not null,
        -- What may be shown of it, and a salted digest of what may not.
        value jsonb not null,
        salt bytea not null,
        digest bytea not null,
        primary key (org_id, item)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table config_item');
  }
}
