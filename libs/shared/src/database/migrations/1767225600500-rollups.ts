import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ROLLUP_TRIGGERS } from './rollup-triggers.js';

/** What adds up: the same in every rollup. `util_sum` = percent x covered ms, `*_sum` = average x samples; `*_p95` of the whole period. */
const SUMS = `
        facts integer not null,
        covered_ms bigint not null,
        rx_bytes numeric(24, 0),
        tx_bytes numeric(24, 0),
        util_hours integer not null,
        util_weight_ms bigint not null,
        util_sum double precision not null,
        util_max double precision,
        util_p95 double precision,
        util_peak double precision,
        up_ms bigint not null,
        down_ms bigint not null,
        flaps integer,
        latency_count bigint not null,
        latency_sum double precision not null,
        latency_max double precision,
        latency_p95 double precision,
        latency_sketched bigint not null,
        jitter_count bigint not null,
        jitter_sum double precision not null,
        jitter_max double precision,
        jitter_p95 double precision,
        jitter_sketched bigint not null,
        loss_count bigint not null,
        loss_sum double precision not null,
        loss_max double precision,
        loss_p95 double precision,
        loss_sketched bigint not null,`;

/** Per KPI (utilization, loss, jitter, latency) and level (warning, major, critical), which hours of the stretch are at or above. */
const ABOVE = {
  day: `
        -- 12 masks: bit i = hour i of the stretch.
        above integer[] not null,`,
  week: `
        -- 12 times prefix, suffix, longest, total. Hours.
        above smallint[] not null,`,
};

/** `stretch_from`: where the attributes change inside a period, each stretch has its own row; almost always the period's own start. */
const circuitTable = (grain: string): string => `
      create table circuit_${grain} (
        org_id integer not null,
        circuit_id integer not null,
        start timestamptz not null,
        stretch_from timestamptz not null,
        stretch_to timestamptz not null,
        site_id integer not null,
        region text not null,
        store_type text,
        provider text,${SUMS}${grain === 'day' ? ABOVE.day : ABOVE.week}
        primary key (org_id, circuit_id, start, stretch_from)
      ) partition by range (start);
      create index circuit_${grain}_by_start on circuit_${grain} (org_id, start);
      create index circuit_${grain}_by_site on circuit_${grain} (org_id, site_id, start);`;

const groupTable = (grain: string): string => `
      create table group_${grain} (
        org_id integer not null,
        level text not null check (level in ('region', 'store_type', 'provider', 'org')),
        key text not null,
        start timestamptz not null,
        circuits integer not null,${SUMS}
        -- 12 times longest run of one circuit, and circuit-hours together.
        above integer[] not null,
        util_sketch bytea not null,
        latency_sketch bytea not null,
        jitter_sketch bytea not null,
        loss_sketch bytea not null,
        primary key (org_id, level, key, start)
      ) partition by range (start);`;

const GRAINS = ['day', 'week', 'month'];

/** Calendar rollups of hour facts, per circuit and per group of circuits, and the marks that say what has to be folded again. */
export class Rollups1767225600500 implements MigrationInterface {
  name = 'Rollups1767225600500';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Appended in the transaction that changes hours or attributes; no key, so that a change under way is never mistaken for one that was folded.
      -- Both hours belong to it and may be infinite: only the hours that exist count.
      create table rollup_mark (
        org_id integer not null,
        circuit_id integer not null,
        from_hour timestamptz not null,
        to_hour timestamptz not null
      );
      create index rollup_mark_by_circuit on rollup_mark (org_id, circuit_id);
      -- Groups whose circuits were folded, in the same transaction.
      create table rollup_group_due (
        org_id integer not null,
        grain text not null check (grain in ('day', 'week', 'month')),
        start timestamptz not null,
        level text not null,
        key text not null,
        primary key (org_id, grain, start, level, key)
      );
      create table rollup_state (
        org_id integer primary key references org (id),
        -- Weeks and months that ended up to here are stored; later ones are folded from days when somebody asks.
        closed_until timestamptz not null,
        timezone text not null,
        -- Settings by which the stored hours above thresholds were counted.
        thresholds jsonb not null
      );
      -- Quality values of one hour, mergeable; lives as long as samples do, so that a day can be folded again hour by hour.
      create table hour_sketch (
        org_id integer not null,
        circuit_id integer not null,
        hour timestamptz not null,
        latency bytea,
        jitter bytea,
        loss bytea,
        primary key (org_id, circuit_id, hour)
      ) partition by range (hour);
      ${GRAINS.map(circuitTable).join('')}
      -- The heavy half of the circuit rows, apart so that rankings need not read it. Keyed like them.
      create table circuit_sketch (
        org_id integer not null,
        grain text not null check (grain in ('day', 'week', 'month')),
        circuit_id integer not null,
        start timestamptz not null,
        stretch_from timestamptz not null,
        -- Days only: the hourly utilization values that exist, for exact percentiles above.
        util_values double precision[],
        latency bytea,
        jitter bytea,
        loss bytea,
        primary key (org_id, grain, circuit_id, start, stretch_from)
      ) partition by range (start);
      ${GRAINS.map(groupTable).join('')}
      ${ROLLUP_TRIGGERS.up}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    const tables = GRAINS.flatMap((grain) => [`group_${grain}`, `circuit_${grain}`]);
    await runner.query(
      `${ROLLUP_TRIGGERS.down} drop table ${tables.join(', ')}, circuit_sketch, hour_sketch, rollup_state, rollup_group_due, rollup_mark`,
    );
  }
}
