import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is kept for 13 months beside circuits: service levels and health of sites per hour and day, connectivity of gateways. */
export class History1767225600800 implements MigrationInterface {
  name = 'History1767225600800';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- What is best known of one hour of one service level; whatever the order of arrival, the same row. User-minutes of the detail, where
      -- there are any, tell more than the score of a reading.
      create table site_sle_hour (
        org_id integer not null,
        site_id integer not null,
        metric text not null,
        hour timestamptz not null,
        score double precision generated always as (coalesce((total_minutes - degraded_minutes) / total_minutes, reading_score)) stored,
        total_minutes double precision check (total_minutes > 0),
        degraded_minutes double precision,
        detail_at timestamptz,
        reading_score double precision,
        reading_at timestamptz,
        -- The reading is about this hour and no other time.
        is_exact boolean not null default false,
        num_aps integer,
        num_clients integer,
        primary key (org_id, site_id, metric, hour)
      ) partition by range (hour);
      -- Sums of the hours of a local day, so that any period of whole days is a sum of rows; hours without a weight have the average one.
      create table site_sle_day (
        org_id integer not null,
        site_id integer not null,
        metric text not null,
        start timestamptz not null,
        score double precision generated always as (case when hours > 0 then
          (weighed_sum + plain_sum * case when weighed_hours = 0 then 1 else weight / weighed_hours end)
          / (weight + (hours - weighed_hours) * case when weighed_hours = 0 then 1 else weight / weighed_hours end) end) stored,
        hours smallint not null,
        weighed_hours smallint not null,
        weight double precision not null,
        weighed_sum double precision not null,
        plain_sum double precision not null,
        primary key (org_id, site_id, metric, start)
      ) partition by range (start);
      create table health_hour (
        org_id integer not null,
        site_id integer not null,
        hour timestamptz not null,
        score double precision,
        primary key (org_id, site_id, hour)
      ) partition by range (hour);
      create table health_day (
        org_id integer not null,
        site_id integer not null,
        start timestamptz not null,
        score double precision,
        hours smallint not null,
        primary key (org_id, site_id, start)
      ) partition by range (start);
      -- The zone whose days are stored; another one makes them anew.
      create table sle_history_state (
        org_id integer primary key references org (id),
        timezone text not null
      );
      -- Was the gateway connected to the cloud? Known stretches; what lies between two is unknown. \`to_at\` of the newest is its last reading.
      create table gateway_state (
        org_id integer not null,
        device_id integer not null,
        from_at timestamptz not null,
        to_at timestamptz not null check (to_at >= from_at),
        connected boolean not null,
        site_id integer,
        primary key (org_id, device_id, from_at)
      ) with (fillfactor = 80);
      create index gateway_state_by_site on gateway_state (org_id, site_id, from_at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table gateway_state, sle_history_state, health_day, health_hour, site_sle_day, site_sle_hour');
  }
}
