import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was observed, as it came: the input of every recompute. Partitioned by day; a repeat of a row is harmless by its key. */
export class Observations1767225600100 implements MigrationInterface {
  name = 'Observations1767225600100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table port_sample (
        org_id integer not null,
        circuit_id integer not null,
        at timestamptz not null,
        received_at timestamptz not null,
        batch_id bigint not null,
        rx_bytes bigint,
        tx_bytes bigint,
        uptime_s bigint,
        last_flapped_at timestamptz,
        latency_ms double precision,
        jitter_ms double precision,
        loss_pct double precision,
        speed_mbps double precision,
        counter_bits smallint,
        up boolean,
        active boolean,
        disabled boolean not null,
        primary key (org_id, circuit_id, at)
      ) partition by range (at);
      create table path_sample (
        org_id integer not null,
        device_id integer not null,
        port_name text not null,
        peer text not null,
        at timestamptz not null,
        received_at timestamptz not null,
        latency_ms double precision,
        jitter_ms double precision,
        loss_pct double precision,
        mos double precision,
        mtu integer,
        up boolean,
        active boolean,
        primary key (org_id, device_id, port_name, at, peer)
      ) partition by range (at);
      create table port_event (
        org_id integer not null,
        circuit_id integer not null,
        at timestamptz not null,
        state text not null check (state in ('up', 'down')),
        received_at timestamptz not null,
        primary key (org_id, circuit_id, at, state)
      ) partition by range (at);
      create table device_event (
        org_id integer not null,
        mac text not null,
        at timestamptz not null,
        type text not null,
        port_id text not null default '',
        site_external_id text,
        text text,
        -- What it means to us, so that a circuit learned of later gets its past: port-up, port-down, connected, disconnected.
        effect text,
        received_at timestamptz not null,
        primary key (org_id, mac, at, type, port_id)
      ) partition by range (at);
      -- Is the gateway connected to the cloud? Every reading, so that any order of arrival gives the same cut-offs.
      create table device_state (
        org_id integer not null,
        device_id integer not null,
        at timestamptz not null,
        connected boolean not null,
        primary key (org_id, device_id, at, connected)
      ) partition by range (at);
      -- Times at which an org answered; a longer pause than max_gap is a blind spell.
      create table feed_read (
        org_id integer not null,
        at timestamptz not null,
        primary key (org_id, at)
      );
      create table sle_sample (
        org_id integer not null,
        site_id integer not null,
        metric text not null,
        at timestamptz not null,
        received_at timestamptz not null,
        score double precision,
        num_aps integer,
        num_clients integer,
        window_from timestamptz,
        window_to timestamptz,
        primary key (org_id, site_id, metric, at)
      ) partition by range (at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table sle_sample, feed_read, device_state, device_event, port_event, path_sample, port_sample');
  }
}
