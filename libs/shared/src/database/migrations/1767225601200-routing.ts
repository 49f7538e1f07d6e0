import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who is told, and who not: silences, recurring maintenance, who stands in on call, how far an incident has escalated, and why. */
export class Routing1767225601200 implements MigrationInterface {
  name = 'Routing1767225601200';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table silence (
        org_id integer not null references org (id),
        id bigint generated always as identity,
        matcher jsonb not null,
        reason text not null,
        owner text not null,
        from_at timestamptz not null,
        to_at timestamptz not null check (to_at > from_at),
        created_at timestamptz not null,
        created_by text not null,
        -- Ended before its time.
        ended_at timestamptz,
        ended_by text,
        primary key (org_id, id)
      );
      create index silence_by_end on silence (org_id, to_at);
      -- A window that comes again: from_at and to_at are its first one.
      alter table maintenance add column rrule text, add column timezone text,
        add check ((rrule is null) = (timezone is null));
      create index maintenance_recurring on maintenance (org_id) where rrule is not null and cancelled_at is null;
      -- Holds for the notices of this org.
      create table rota_override (
        org_id integer not null references org (id),
        id bigint generated always as identity,
        rota text not null,
        member text not null,
        from_at timestamptz not null,
        to_at timestamptz not null check (to_at > from_at),
        reason text,
        entered_at timestamptz not null,
        entered_by text not null,
        cancelled_at timestamptz,
        primary key (org_id, id)
      );
      create index rota_override_by_end on rota_override (org_id, rota, to_at);
      alter table incident
        -- A digest tells several incidents at once: it is over as soon as it is made.
        add column kind text not null default 'incident' check (kind in ('incident', 'digest')),
        add column acked_by text,
        add column acked_at timestamptz,
        add column ack_until timestamptz,
        add column ack_severity text,
        -- The round of escalation: its policy, when it began, the severity it told, and per step when and how often.
        add column policy text,
        add column round_at timestamptz,
        add column round_severity text,
        add column round_told jsonb not null default '[]',
        -- Nobody may be told now; what is still true afterwards is told then.
        add column is_held boolean not null default false;
      create table incident_note (
        org_id integer not null,
        incident_id bigint not null,
        id bigint generated always as identity,
        at timestamptz not null,
        author text not null,
        text text not null,
        primary key (org_id, incident_id, id),
        foreign key (org_id, incident_id) references incident (org_id, id)
      );
      -- One row per decision that differs from the one before.
      create table incident_decision (
        org_id integer not null,
        incident_id bigint not null,
        seq integer not null,
        at timestamptz not null,
        reason text not null,
        detail jsonb not null default '{}',
        primary key (org_id, incident_id, seq),
        foreign key (org_id, incident_id) references incident (org_id, id)
      );
      -- digest = waits for one; digested = told by one; withheld = no longer to be told when its turn to be sent came.
      alter table delivery drop constraint delivery_status_check,
        add constraint delivery_status_check check (status in ('due', 'sent', 'dead', 'digest', 'digested', 'withheld')),
        add column withheld_reason text,
        -- The rota it was addressed by, so that a late attempt finds who is on call then.
        add column rota text,
        -- The delivery that told it.
        add column digest_id bigint,
        -- Counted against the ceiling of its destination at this time.
        add column admitted_at timestamptz;
      create index delivery_admitted on delivery (destination, admitted_at) where admitted_at is not null;
      create index delivery_digest on delivery (due_at) where status = 'digest';
      create index delivery_by_digest on delivery (org_id, digest_id) where digest_id is not null;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index delivery_admitted, delivery_digest, delivery_by_digest;
      update delivery set status = 'dead' where status in ('digest', 'digested', 'withheld');
      alter table delivery drop constraint delivery_status_check,
        add constraint delivery_status_check check (status in ('due', 'sent', 'dead')),
        drop column withheld_reason, drop column rota, drop column digest_id, drop column admitted_at;
      drop table incident_decision, incident_note, rota_override, silence;
      alter table incident drop column kind, drop column acked_by, drop column acked_at, drop column ack_until, drop column ack_severity,
        drop column policy, drop column round_at, drop column round_severity, drop column round_told, drop column is_held;
      delete from maintenance where rrule is not null;
      drop index maintenance_recurring;
      alter table maintenance drop column rrule, drop column timezone;
    `);
  }
}
