import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Schedules are looked at by processes with different configurations for a while, and are taken out of it; mails count their claims. */
export class ReportPlans1767225602760 implements MigrationInterface {
  name = 'ReportPlans1767225602760';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Each definition of a schedule is looked at apart: a process with an older one takes nothing from the others.
      alter table report_schedule drop constraint report_schedule_pkey, add primary key (org_id, schedule, definition), add column seen_at timestamptz;
      update report_schedule set seen_at = planned_until;
      alter table report_schedule alter column seen_at set not null;

      alter table report_run drop constraint report_run_status_check,
        add constraint report_run_status_check check (status in ('due', 'made', 'parked', 'withdrawn'));

      alter table report_mail drop constraint report_mail_status_check,
        add constraint report_mail_status_check check (status in ('due', 'sent', 'dead', 'withdrawn')),
        -- Claims since the last attempt that was noted: whoever made them ended before.
        add column unanswered integer not null default 0;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      update report_mail set status = 'dead' where status = 'withdrawn';
      alter table report_mail drop column unanswered, drop constraint report_mail_status_check,
        add constraint report_mail_status_check check (status in ('due', 'sent', 'dead'));

      update report_run set status = 'parked' where status = 'withdrawn';
      alter table report_run drop constraint report_run_status_check,
        add constraint report_run_status_check check (status in ('due', 'made', 'parked'));

      -- The definition that was looked at last stays.
      delete from report_schedule s using report_schedule n where n.org_id = s.org_id and n.schedule = s.schedule
        and (n.planned_until, n.definition) > (s.planned_until, s.definition);
      alter table report_schedule drop constraint report_schedule_pkey, add primary key (org_id, schedule), drop column seen_at;
    `);
  }
}
