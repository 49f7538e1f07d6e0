import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What receivers call what they were sent, so that later notices of an incident find it: a message, a ticket. */
export class Channels1767225601100 implements MigrationInterface {
  name = 'Channels1767225601100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table delivery
        add column remote_id text,
        -- A ticket as it was read last, on the delivery that opened it: whom people gave it to, and whether they closed it.
        add column remote_read_at timestamptz,
        add column remote_assignee text,
        add column remote_is_closed boolean;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'alter table delivery drop column remote_id, drop column remote_read_at, drop column remote_assignee, drop column remote_is_closed',
    );
  }
}
