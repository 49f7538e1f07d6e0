import type { MigrationInterface, QueryRunner } from 'typeorm';

/** News of notices that were given up, and the heartbeat: one row, which notifiers claim. */
export class DeadLetters1767225602200 implements MigrationInterface {
  name = 'DeadLetters1767225602200';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table incident drop constraint incident_kind_check,
        add constraint incident_kind_check check (kind in ('incident', 'digest', 'dead-letter'));
      -- Told once for an incident and a destination.
      create unique index incident_dead_letter on incident (org_id, group_key) where kind = 'dead-letter';
      create table heartbeat (
        is_the_one boolean primary key default true check (is_the_one),
        -- When a notifier last came to the end of its sweep.
        swept_at timestamptz,
        -- When a notifier last set out to call, and when a call was last answered.
        claimed_at timestamptz,
        sent_at timestamptz,
        failed_at timestamptz,
        failure text
      );
      insert into heartbeat default values;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table heartbeat;
      drop index incident_dead_letter;
      update incident set kind = 'digest' where kind = 'dead-letter';
      alter table incident drop constraint incident_kind_check,
        add constraint incident_kind_check check (kind in ('incident', 'digest'));
    `);
  }
}
