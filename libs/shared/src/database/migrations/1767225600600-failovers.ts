import type { MigrationInterface, QueryRunner } from 'typeorm';

const quality = (metric: string): string => `
        ${metric}_count integer not null default 0,
        ${metric}_avg double precision,
        ${metric}_max double precision,`;

/** Failovers of sites, and what has to be looked at again to find them. */
export class Failovers1767225600600 implements MigrationInterface {
  name = 'Failovers1767225600600';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table failover (
        org_id integer not null references org (id),
        id bigint generated always as identity,
        site_id integer not null,
        primary_id integer not null,
        -- The circuit that carried at the start; changes: [{at, circuitId}] when others took over, epoch ms.
        backup_id integer not null,
        started_at timestamptz not null,
        decided_at timestamptz not null,
        ended_at timestamptz check (ended_at > started_at),
        trigger text not null check (trigger in ('event', 'poll')),
        why text not null check (why in ('down', 'inactive')),
        ended_by text check (ended_by in ('carries', 'disabled', 'role')),
        changes jsonb not null default '[]',
        -- On the circuits that carried, from start to measured_at: its end, or for one that goes on when it was last measured.
        measured_at timestamptz not null default '-infinity',${['latency', 'jitter', 'loss'].map(quality).join('')}
        rx_bytes bigint,
        tx_bytes bigint,
        covered_ms bigint not null default 0,
        utilization_pct double precision,
        peak_utilization_pct double precision,
        primary key (org_id, id),
        unique (org_id, primary_id, started_at)
      );
      create unique index failover_open on failover (org_id, primary_id) where ended_at is null;
      create index failover_by_start on failover (org_id, started_at desc, id desc);
      create index failover_by_site on failover (org_id, site_id, started_at desc);
      create index failover_by_backup on failover (org_id, backup_id, started_at desc);
      -- Appended in the transaction that brings what may change failovers of these sites; no key, so that a change under way is never taken for one seen.
      create table failover_mark (
        id bigint generated always as identity primary key,
        org_id integer not null,
        site_ids integer[] not null,
        from_at timestamptz not null,
        to_at timestamptz not null
      );
      create index failover_mark_by_org on failover_mark (org_id, id);
      -- The marks of each site together; only whoever holds the lock of the org writes here.
      create table failover_due (
        org_id integer not null,
        site_id integer not null,
        from_at timestamptz not null,
        to_at timestamptz not null,
        primary key (org_id, site_id)
      );
      -- Sites whose primary does not carry, or that are failed over: every further observation of them may matter.
      create table failover_watch (
        org_id integer not null,
        site_id integer not null,
        evaluated_to timestamptz not null,
        -- Tells whether anything was observed since: sum of the newest observations of the circuits.
        seen numeric not null,
        primary key (org_id, site_id)
      );
      -- The circuit is locked first, so that whoever brings observations of it either sees the new role or is seen by whom this mark wakes.
      create function mark_failovers_of_attribute() returns trigger language plpgsql as $$
      declare
        changed circuit_attribute := coalesce(new, old);
        place integer;
      begin
        select site_id into place from circuit where org_id = changed.org_id and id = changed.circuit_id for no key update;
        if (tg_op <> 'UPDATE' and changed.role is not null) or (tg_op = 'UPDATE' and new.role is distinct from old.role)
          or exists (select 1 from failover where org_id = changed.org_id and site_id = place) then
          insert into failover_mark (org_id, site_ids, from_at, to_at) select changed.org_id, array[place], changed.since, 'infinity' where place is not null;
        end if;
        return null;
      end $$;
      create trigger failover_role_added after insert on circuit_attribute for each row
        when (new.role is not null or new.bandwidth_down_mbps is not null or new.bandwidth_up_mbps is not null)
        execute function mark_failovers_of_attribute();
      create trigger failover_role_changed after update on circuit_attribute for each row
        when ((new.role, new.bandwidth_down_mbps, new.bandwidth_up_mbps) is distinct from (old.role, old.bandwidth_down_mbps, old.bandwidth_up_mbps))
        execute function mark_failovers_of_attribute();
      create trigger failover_role_removed after delete on circuit_attribute for each row
        when (old.role is not null or old.bandwidth_down_mbps is not null or old.bandwidth_up_mbps is not null)
        execute function mark_failovers_of_attribute();
      create function mark_failovers_of_move() returns trigger language plpgsql as $$
      begin
        insert into failover_mark (org_id, site_ids, from_at, to_at) values (new.org_id, array[old.site_id, new.site_id], '-infinity', 'infinity');
        return null;
      end $$;
      create trigger failover_circuit_moved after update of site_id on circuit for each row
        when (new.site_id is distinct from old.site_id) execute function mark_failovers_of_move();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop trigger failover_circuit_moved on circuit;
      drop trigger failover_role_removed on circuit_attribute;
      drop trigger failover_role_changed on circuit_attribute;
      drop trigger failover_role_added on circuit_attribute;
      drop function mark_failovers_of_move();
      drop function mark_failovers_of_attribute();
      drop table failover_watch, failover_due, failover_mark, failover;
    `);
  }
}
