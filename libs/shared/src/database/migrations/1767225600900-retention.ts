import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What arrived late and for which days, what was dropped, and past windows that are read from Mist again. */
export class Retention1767225600900 implements MigrationInterface {
  name = 'Retention1767225600900';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- One row per UTC day that something came for after the day was over, or whose samples were dropped. All orgs share it, as they share partitions.
      create table data_day (
        day date primary key,
        arrived_at timestamptz,
        imported_at timestamptz,
        dropped_at timestamptz
      );
      create index data_day_dropped on data_day (day) where dropped_at is not null;
      create table backfill (
        org_id integer not null references org (id),
        id bigint generated always as identity,
        from_at timestamptz not null,
        to_at timestamptz not null check (to_at > from_at),
        kinds text[] not null,
        requested_at timestamptz not null,
        planned_at timestamptz,
        finished_at timestamptz,
        lease_holder text,
        lease_until timestamptz,
        -- Why it stands still at the moment, and when it goes on.
        waiting_code text,
        waiting_reason text,
        waiting_until timestamptz,
        primary key (org_id, id)
      );
      create index backfill_open on backfill (org_id, id) where finished_at is null;
      -- One question to Mist, the most useful first. Done when the analyzer has stored what was read.
      create table backfill_step (
        org_id integer not null,
        backfill_id bigint not null,
        position integer not null,
        kind text not null,
        circuit_id integer,
        from_at timestamptz not null,
        to_at timestamptz not null,
        attempts integer not null default 0,
        failure text,
        cycle_id text,
        read_at timestamptz,
        stored_at timestamptz,
        primary key (org_id, backfill_id, position),
        foreign key (org_id, backfill_id) references backfill (org_id, id) on delete cascade
      );
      create index backfill_step_open on backfill_step (org_id, backfill_id, position) where stored_at is null;
      create index poll_cycle_by_time on poll_cycle (org_id, kind, observed_at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index poll_cycle_by_time; drop table backfill_step, backfill, data_day');
  }
}
