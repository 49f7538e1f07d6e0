import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What Mist told by itself: every delivery as it came, and how the webhook stands in Mist. */
export class Inbox1767225601500 implements MigrationInterface {
  name = 'Inbox1767225601500';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table inbox (
        org_id integer not null references org (id),
        id bigint generated always as identity,
        -- SHA-256 of the body: a delivery that is sent again is the same row.
        body_hash bytea not null,
        -- The bytes that were signed; they may be no JSON, or hold what jsonb cannot.
        body bytea not null,
        received_at timestamptz not null,
        repeats integer not null default 0,
        state text not null default 'received' check (state in ('received', 'processed', 'ignored', 'parked')),
        attempts integer not null default 0,
        topic text,
        events integer,
        set_aside integer,
        -- Why it was parked, or the last attempt failed.
        reason text,
        processed_at timestamptz,
        correlation_id text,
        primary key (org_id, id),
        unique (org_id, body_hash)
      );
      create index inbox_open on inbox (received_at) where state = 'received';
      create index inbox_done on inbox (processed_at) where state <> 'received';
      create index inbox_by_time on inbox (org_id, received_at desc);
      create table mist_webhook (
        org_id integer primary key references org (id),
        -- A hash of what the webhook should be, secret included: the configuration changed when it differs.
        wanted_key text not null,
        checked_at timestamptz not null,
        outcome text not null check (outcome in ('checking', 'fine', 'created', 'repaired', 'failed')),
        mist_id text,
        changed_at timestamptz,
        reason text
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table mist_webhook, inbox');
  }
}
