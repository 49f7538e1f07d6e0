import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the rules that look at silence ask: devices that are offline; and the status that people see. */
export class Rules1767225601300 implements MigrationInterface {
  name = 'Rules1767225601300';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- A device in its box was never connected, and is no outage.
      alter table device add column ever_connected boolean not null default false;
      update device set ever_connected = true where connected;
      create index device_offline on device (org_id, type, site_id) where connected = false;
      alter table alert add column shown_status text generated always as (case
        when status in ('resolved', 'pending') then status
        when suppressed_by is not null then 'suppressed'
        when status = 'firing' and state->>'kind' = 'flapping' then 'flapping'
        else status end) stored;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table alert drop column shown_status;
      drop index device_offline;
      alter table device drop column ever_connected;
    `);
  }
}
