import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Leases, cycles, budget, batches and what had to be set aside. */
export class Collection1767225600300 implements MigrationInterface {
  name = 'Collection1767225600300';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table poll_state (
        org_id integer not null references org (id),
        kind text not null,
        -- End of the last cycle whose batches are all committed; a poll continues from here.
        committed_at timestamptz,
        attempted_at timestamptz,
        lease_holder text,
        lease_until timestamptz,
        failure_code text,
        failure_reason text,
        failed_at timestamptz,
        failures integer not null default 0,
        primary key (org_id, kind)
      );
      create table poll_cycle (
        org_id integer not null references org (id),
        cycle_id text not null,
        kind text not null,
        observed_at timestamptz not null,
        -- null until the collector has read the last page.
        pages integer,
        calls integer not null default 0,
        committed_at timestamptz,
        -- A past window was read again: says nothing about how far polling has come.
        is_backfill boolean not null default false,
        primary key (org_id, cycle_id)
      );
      create index poll_cycle_open on poll_cycle (org_id, kind, observed_at) where committed_at is null;
      create table batch (
        id bigint generated always as identity,
        org_id integer not null references org (id),
        batch_id text not null,
        cycle_id text not null,
        kind text not null,
        observed_at timestamptz not null,
        committed_at timestamptz not null default now(),
        records integer not null,
        set_aside integer not null,
        primary key (org_id, batch_id)
      );
      create index batch_by_cycle on batch (org_id, cycle_id);
      create table api_budget (
        token_key text not null,
        hour timestamptz not null,
        spent integer not null default 0,
        parked_until timestamptz,
        park_reason text,
        primary key (token_key, hour)
      );
      create table parked_record (
        id bigint generated always as identity primary key,
        org_id integer not null references org (id),
        batch_id text not null,
        kind text not null,
        position integer not null,
        reason text not null,
        record jsonb not null,
        parked_at timestamptz not null default now(),
        unique (org_id, batch_id, position)
      );
      create table dead_job (
        id bigint generated always as identity primary key,
        queue text not null,
        name text not null,
        job_id text not null,
        payload jsonb not null,
        reason text not null,
        code text,
        attempts integer not null,
        failed_at timestamptz not null,
        replayed_at timestamptz
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table dead_job, parked_record, api_budget, batch, poll_cycle, poll_state');
  }
}
