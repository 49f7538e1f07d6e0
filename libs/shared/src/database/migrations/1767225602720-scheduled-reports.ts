import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Reports that are made by themselves: when, what came of it, the files and the mails. */
export class ScheduledReports1767225602720 implements MigrationInterface {
  name = 'ScheduledReports1767225602720';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- How far the times of a schedule were looked at; a schedule that becomes another one begins anew.
      create table report_schedule (
        org_id integer not null references org (id) on delete cascade,
        schedule text not null,
        definition text not null,
        planned_until timestamptz not null,
        primary key (org_id, schedule)
      );

      create table report_run (
        org_id integer not null references org (id) on delete cascade,
        id bigint generated always as identity,
        schedule text not null,
        due_at timestamptz not null,
        -- Who asked for it; null = its time had come.
        asked_by text,
        -- Everything it takes to make it, as of then: a second try makes the same.
        asked jsonb not null,
        period_from timestamptz,
        period_to timestamptz,
        status text not null default 'due' check (status in ('due', 'made', 'parked')),
        attempts integer not null default 0,
        next_at timestamptz not null,
        claimed_by uuid,
        claimed_until timestamptz,
        created_at timestamptz not null,
        made_at timestamptz,
        revision text,
        failure text,
        primary key (org_id, id)
      );
      -- One report for a time, however many notifiers look.
      create unique index report_run_once on report_run (org_id, schedule, due_at) where asked_by is null;
      create index report_run_due on report_run (next_at) where status = 'due';
      create index report_run_newest on report_run (org_id, schedule, id);

      create table report_file (
        org_id integer not null references org (id) on delete cascade,
        id bigint generated always as identity,
        kind text not null,
        format text not null,
        period_from timestamptz,
        period_to timestamptz,
        region text,
        site text,
        revision text not null,
        name text not null,
        made_at timestamptz not null,
        -- When a run last had it: it is kept from then.
        used_at timestamptz not null,
        archived_at timestamptz,
        bytes integer not null,
        sha256 text not null,
        packing text not null default 'none' check (packing in ('none', 'gzip')),
        body bytea not null,
        primary key (org_id, id)
      );
      -- It is packed by us or as it is: trying to compress it once more is lost time.
      alter table report_file alter column body set storage external;
      create unique index report_file_same on report_file (org_id, kind, format, revision, coalesce(period_from, '-infinity'), coalesce(period_to, 'infinity'),
        coalesce(region, ''), coalesce(site, ''));
      create index report_file_unpacked on report_file (used_at) where archived_at is null;

      create table report_run_file (
        org_id integer not null,
        run_id bigint not null,
        file_id bigint not null,
        primary key (org_id, run_id, file_id),
        foreign key (org_id, run_id) references report_run (org_id, id) on delete cascade,
        foreign key (org_id, file_id) references report_file (org_id, id) on delete cascade
      );
      create index report_run_file_by_file on report_run_file (org_id, file_id);

      create table report_mail (
        org_id integer not null,
        run_id bigint not null,
        destination text not null,
        status text not null default 'due' check (status in ('due', 'sent', 'dead')),
        attempts integer not null default 0,
        due_at timestamptz not null,
        claimed_by uuid,
        claimed_until timestamptz,
        created_at timestamptz not null,
        sent_at timestamptz,
        message_id text,
        answer text,
        primary key (org_id, run_id, destination),
        foreign key (org_id, run_id) references report_run (org_id, id) on delete cascade
      );
      create index report_mail_due on report_mail (due_at) where status = 'due';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table report_mail, report_run_file, report_file, report_run, report_schedule');
  }
}
