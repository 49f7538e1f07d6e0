import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Facts: one wide typed row per circuit and hour, state intervals, SLE insights and site status. */
export class Facts1767225600200 implements MigrationInterface {
  name = 'Facts1767225600200';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Minutes are whole milliseconds (unknown = 3,600,000 - up - down), so that sums over a year stay exact.
      create table circuit_hour (
        org_id integer not null,
        circuit_id integer not null,
        hour timestamptz not null,
        site_id integer not null,
        source text not null check (source in ('samples', 'imported', 'mist')),
        rx_bytes bigint,
        tx_bytes bigint,
        covered_ms integer not null,
        peak_rx_bps double precision,
        peak_tx_bps double precision,
        utilization_pct double precision,
        peak_utilization_pct double precision,
        bandwidth_down_mbps double precision,
        bandwidth_up_mbps double precision,
        bandwidth_source text,
        up_ms integer not null,
        down_ms integer not null,
        flaps integer,
        latency_count integer not null,
        latency_avg double precision,
        latency_max double precision,
        latency_p95 double precision,
        jitter_count integer not null,
        jitter_avg double precision,
        jitter_max double precision,
        jitter_p95 double precision,
        loss_count integer not null,
        loss_avg double precision,
        loss_max double precision,
        loss_p95 double precision,
        counter_reset boolean not null,
        primary key (org_id, circuit_id, hour)
      ) partition by range (hour);
      create index circuit_hour_by_hour on circuit_hour (org_id, hour);
      create table circuit_state (
        org_id integer not null,
        circuit_id integer not null,
        from_at timestamptz not null,
        to_at timestamptz not null check (to_at > from_at),
        state text not null check (state in ('up', 'down')),
        primary key (org_id, circuit_id, from_at)
      );
      -- One judgement of one metric of one site at one poll (S4).
      create table insight (
        org_id integer not null,
        site_id integer not null,
        metric text not null,
        at timestamptz not null,
        score double precision,
        severity text not null check (severity in ('unknown', 'info', 'warning', 'major', 'critical')),
        title text not null,
        text text not null,
        num_aps integer,
        num_clients integer,
        primary key (org_id, site_id, metric, at)
      ) partition by range (at);
      -- The newest judgement per site and metric, and the newest answer about its classifiers.
      create table site_sle (
        org_id integer not null,
        site_id integer not null,
        metric text not null,
        at timestamptz not null,
        score double precision,
        severity text not null,
        title text not null,
        text text not null,
        num_aps integer,
        num_clients integer,
        primary key (org_id, site_id, metric),
        foreign key (org_id, site_id) references site (org_id, id)
      );
      create table sle_detail (
        org_id integer not null,
        site_id integer not null,
        metric text not null,
        at timestamptz not null,
        window_from timestamptz not null,
        window_to timestamptz not null,
        score double precision,
        measured_value double precision,
        measured_unit text,
        impact jsonb,
        classifiers jsonb not null,
        primary key (org_id, site_id, metric),
        foreign key (org_id, site_id) references site (org_id, id)
      );
      create table mist_alarm (
        org_id integer not null references org (id),
        external_id text not null,
        site_external_id text,
        type text not null,
        alarm_group text not null,
        severity text not null,
        at timestamptz not null,
        last_seen_at timestamptz not null,
        resolved_at timestamptz,
        count integer not null,
        acked boolean,
        details jsonb not null,
        primary key (org_id, external_id)
      );
      create index mist_alarm_by_time on mist_alarm (org_id, last_seen_at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table mist_alarm, sle_detail, site_sle, insight, circuit_state, circuit_hour');
  }
}
