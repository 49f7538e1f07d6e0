import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who made a key: it goes on when they go, and somebody must find it. */
export class KeyMakers1767225602750 implements MigrationInterface {
  name = 'KeyMakers1767225602750';

  async up(runner: QueryRunner): Promise<void> {
    // Null = made before this was kept, and the audit log does not tell.
    await runner.query(`
      alter table api_key add column created_by text;
      update api_key k set created_by = a.actor
        from (select distinct on (subject) subject, actor from audit where action = 'key.create' order by subject, id) a
        where a.subject = k.id;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table api_key drop column created_by');
  }
}
