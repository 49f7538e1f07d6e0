import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Incidents of several sites with what probably broke, and incidents that went on inside another. */
export class Outages1767225601400 implements MigrationInterface {
  name = 'Outages1767225601400';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table incident
        -- What probably broke; null = an incident of one subject.
        add cause_kind text check (cause_kind in ('many', 'carrier', 'region', 'org')),
        add cause_name text,
        -- When the cause became wider than the one people were told; null = they know.
        add widened_at timestamptz,
        -- The incident that this one goes on in: it ended without a recovery of its own.
        add folded_into bigint;
      create index incident_folded on incident (org_id, folded_into) where folded_into is not null;
      -- When it went over to another incident, where it is told from then on.
      alter table incident_alert add moved_at timestamptz;
      create index incident_alert_by_alert on incident_alert (org_id, alert_id);
      create index alert_open_by_site on alert (org_id, site_id) where status <> 'resolved';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index alert_open_by_site, incident_alert_by_alert, incident_folded;
      alter table incident_alert drop column moved_at;
      alter table incident drop column folded_into, drop column widened_at, drop column cause_name, drop column cause_kind;
    `);
  }
}
