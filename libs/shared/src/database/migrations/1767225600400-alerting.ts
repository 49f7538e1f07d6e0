import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Alerts and their history (analyzer), incidents and deliveries (notifier), the outbox between them, keys and audit (api). */
export class Alerting1767225600400 implements MigrationInterface {
  name = 'Alerting1767225600400';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table alert (
        org_id integer not null references org (id),
        id bigint generated always as identity,
        rule text not null,
        -- What it is about: 'site:<id>' or 'circuit:<id>' of this org.
        subject text not null,
        site_id integer,
        circuit_id integer,
        state jsonb not null,
        status text not null check (status in ('pending', 'firing', 'acknowledged', 'resolved')),
        severity text not null,
        since timestamptz not null,
        fired_at timestamptz,
        resolved_at timestamptz,
        -- When time alone moves it (for, clear delay); null = only data does.
        due_at timestamptz,
        suppressed_by text,
        details jsonb not null default '{}',
        observed_at timestamptz not null,
        primary key (org_id, id)
      );
      create unique index alert_open on alert (org_id, rule, subject) where status <> 'resolved';
      create index alert_due on alert (org_id, due_at) where due_at is not null;
      create index alert_by_time on alert (org_id, since);
      create index alert_by_subject on alert (org_id, rule, subject, id);
      create table alert_change (
        org_id integer not null,
        alert_id bigint not null,
        seq integer not null,
        at timestamptz not null,
        from_status text,
        to_status text not null,
        severity text not null,
        reason text not null,
        data jsonb not null default '{}',
        primary key (org_id, alert_id, seq),
        foreign key (org_id, alert_id) references alert (org_id, id)
      );
      create table outbox (
        id bigint generated always as identity primary key,
        org_id integer not null references org (id),
        alert_id bigint not null,
        seq integer not null,
        at timestamptz not null,
        correlation_id text,
        taken_at timestamptz,
        unique (org_id, alert_id, seq)
      );
      create index outbox_open on outbox (org_id, id) where taken_at is null;
      create table incident (
        org_id integer not null references org (id),
        id bigint generated always as identity,
        group_key text not null,
        title text not null,
        severity text not null,
        opened_at timestamptz not null,
        resolved_at timestamptz,
        -- The highest severity already told, and when the next notice is due.
        notified_severity text,
        notified_at timestamptz,
        due_at timestamptz,
        step integer not null default 0,
        primary key (org_id, id)
      );
      create unique index incident_open on incident (org_id, group_key) where resolved_at is null;
      create index incident_due on incident (due_at) where due_at is not null;
      create table incident_alert (
        org_id integer not null,
        incident_id bigint not null,
        alert_id bigint not null,
        severity text not null,
        joined_at timestamptz not null,
        resolved_at timestamptz,
        told_at timestamptz,
        primary key (org_id, incident_id, alert_id),
        foreign key (org_id, incident_id) references incident (org_id, id)
      );
      create table delivery (
        org_id integer not null,
        id bigint generated always as identity,
        incident_id bigint not null,
        step integer not null,
        destination text not null,
        channel text not null,
        reason text not null,
        status text not null check (status in ('due', 'sent', 'dead')),
        created_at timestamptz not null,
        due_at timestamptz not null,
        claimed_by text,
        claimed_until timestamptz,
        attempts integer not null default 0,
        sent_at timestamptz,
        message_id text,
        notification jsonb not null,
        correlation_id text,
        primary key (org_id, id),
        unique (org_id, incident_id, step, destination),
        foreign key (org_id, incident_id) references incident (org_id, id)
      );
      create index delivery_due on delivery (due_at) where status = 'due';
      create table delivery_attempt (
        org_id integer not null,
        delivery_id bigint not null,
        attempt integer not null,
        at timestamptz not null,
        outcome text not null,
        answer text,
        primary key (org_id, delivery_id, attempt),
        foreign key (org_id, delivery_id) references delivery (org_id, id)
      );
      create table api_key (
        id text primary key,
        key_hash bytea not null unique,
        name text not null,
        role text not null check (role in ('viewer', 'operator', 'admin')),
        created_at timestamptz not null,
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz
      );
      create table api_key_org (
        key_id text not null references api_key (id) on delete cascade,
        org_id integer not null references org (id),
        primary key (key_id, org_id)
      );
      create table audit (
        id bigint generated always as identity primary key,
        org_id integer references org (id),
        at timestamptz not null,
        actor text not null,
        action text not null,
        subject text not null,
        details jsonb not null default '{}'
      );
      create index audit_by_org on audit (org_id, at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'drop table audit, api_key_org, api_key, delivery_attempt, delivery, incident_alert, incident, outbox, alert_change, alert',
    );
  }
}
