import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What each VPN peer path of a circuit did in each hour. */
export class Paths1767225600700 implements MigrationInterface {
  name = 'Paths1767225600700';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Many rows: four bytes are enough for a figure of seven digits. Unknown time = 3,600,000 - up - down.
      -- The hour comes before the peer: what is read is a circuit's stretch of time, with all its peers.
      create table path_hour (
        org_id integer not null,
        circuit_id integer not null,
        hour timestamptz not null,
        peer text not null,
        up_ms integer not null,
        down_ms integer not null,
        flaps integer not null,
        latency_count integer not null,
        latency_avg real,
        latency_max real,
        latency_p95 real,
        jitter_count integer not null,
        jitter_avg real,
        jitter_max real,
        jitter_p95 real,
        loss_count integer not null,
        loss_avg real,
        loss_max real,
        loss_p95 real,
        mos_count integer not null,
        mos_avg real,
        mos_min real,
        mtu integer,
        -- Last known state at the hour's end, however old: what the next hour begins with.
        last_up boolean,
        last_at timestamptz,
        primary key (org_id, circuit_id, hour, peer)
      ) partition by range (hour);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table path_hour');
  }
}
