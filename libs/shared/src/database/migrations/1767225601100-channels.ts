import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What receivers call what they were sent, so that later notices of an incident find it: a message, a ticket. */
export class Channels1767225601100 implements MigrationInterface {
  name = 'Channels1767225601100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table delivery add column remote_id text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table delivery drop column remote_id`);
  }
}
