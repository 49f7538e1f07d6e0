import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What people answer to alerts: notes, marks of noise, links they used, and tests of the ways to reach them. */
export class Answers1767225601700 implements MigrationInterface {
  name = 'Answers1767225601700';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table alert_note (
        org_id integer not null,
        alert_id bigint not null,
        id bigint generated always as identity,
        at timestamptz not null,
        author text not null,
        text text not null,
        primary key (org_id, alert_id, id),
        foreign key (org_id, alert_id) references alert (org_id, id)
      );
      -- Somebody says that nobody needed to know.
      alter table alert add column noise_at timestamptz, add column noise_by text, add check ((noise_at is null) = (noise_by is null));
      create index delivery_dead on delivery (org_id, id) where status = 'dead';
      create table ack_link_use (
        org_id integer not null,
        incident_id bigint not null,
        step integer not null,
        destination text not null,
        used_at timestamptz not null,
        primary key (org_id, incident_id, step, destination),
        foreign key (org_id, incident_id) references incident (org_id, id)
      );
      create table channel_test (
        org_id integer not null references org (id),
        id bigint generated always as identity,
        channel text not null,
        asked_at timestamptz not null,
        asked_by text not null,
        done_at timestamptz,
        -- Per destination what went wrong, null where nothing did.
        outcome jsonb,
        primary key (org_id, id)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table channel_test, ack_link_use, alert_note;
      drop index delivery_dead;
      alter table alert drop column noise_at, drop column noise_by;
    `);
  }
}
