import type { MigrationInterface, QueryRunner } from 'typeorm';
import { LIVE_TRIGGERS } from './live-triggers.js';

/**
 * What changed, as streams of the API tell it. An event is written in the transaction of its change; its place in the order it gets afterwards, from
 * `sequence_live_events`, when it can be seen: see docs/adr/0015.
 */
export class LiveEvents1767225602740 implements MigrationInterface {
  name = 'LiveEvents1767225602740';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Ids as people know them: an event tells what was, also when a circuit is another since.
      create table live_event (
        org_id integer not null,
        id bigint generated always as identity,
        -- Its place, without gaps within an org; null until it has one.
        position bigint,
        -- Tells this event from another one at the same place in another life of the database; and that of the event before.
        mark text,
        follows text,
        written_at timestamptz not null default now(),
        sequenced_at timestamptz,
        at timestamptz not null,
        type text not null,
        site text,
        circuit text,
        alert_id bigint,
        incident_id bigint,
        -- Sites of an incident.
        sites text[],
        facts json not null,
        primary key (org_id, id)
      );
      create unique index live_event_by_position on live_event (org_id, position) where position is not null;
      create index live_event_waiting on live_event (org_id, id) where position is null;
      -- The place of the newest event, which may have been dropped since.
      create table live_head (
        org_id integer primary key,
        position bigint not null,
        mark text not null
      );
      -- What was told last of what no single row says: status of a site, end of the closed hours, revision of a day.
      create table live_told (
        org_id integer not null,
        name text not null,
        value text not null,
        primary key (org_id, name)
      );
      create function live_mark() returns text language sql volatile as $$ select left(gen_random_uuid()::text, 8) $$;
      -- Gives places to some of the events that wait. The lock on the head lets one do so at a time, and the statements after it see what was
      -- committed meanwhile: whoever has a place is visible, and nobody gets one before it later.
      create function sequence_live_events(org integer) returns void language plpgsql as $$
      declare head live_head;
      begin
        if exists (select 1 from live_head where org_id = org) and not exists (select 1 from live_event where org_id = org and position is null)
          then return; end if;
        insert into live_head (org_id, position, mark) values (org, 0, live_mark()) on conflict do nothing;
        select * into head from live_head where org_id = org for update;
        with waiting as (
          select id, live_mark() as mark, row_number() over (order by id) as nth
          from (select id from live_event where org_id = org and position is null order by id limit 1000) e
        ), placed as (
          update live_event e set position = head.position + w.nth, mark = w.mark, sequenced_at = clock_timestamp(),
            follows = coalesce(w.before, head.mark), sites = case when e.incident_id is null then e.sites else live_sites(org, e.incident_id) end
          from (select id, nth, mark, lag(mark) over (order by id) as before from waiting) w
          where e.org_id = org and e.id = w.id returning e.position, e.mark
        )
        update live_head h set position = p.position, mark = p.mark
        from (select position, mark from placed order by position desc limit 1) p where h.org_id = org;
      end $$;
      create function live_sites(org integer, incident bigint) returns text[] language sql stable as $$
        select array(select distinct s.external_id from incident_alert ia join alert a on a.org_id = ia.org_id and a.id = ia.alert_id
          join site s on s.org_id = a.org_id and s.id = a.site_id where ia.org_id = org and ia.incident_id = incident order by 1) $$;
      -- The payload of a notice is the org: it wakes up, and tells nothing.
      create function wake_live_readers() returns trigger language plpgsql as $$ begin
        perform pg_notify('mistwatch_live', n.org_id::text) from (select distinct org_id from after) n;
        return null;
      end $$;
      create trigger wake_readers after insert on live_event referencing new table as after
        for each statement execute function wake_live_readers();
      ${LIVE_TRIGGERS.up}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ${LIVE_TRIGGERS.down}
      drop function sequence_live_events(integer);
      drop table live_told, live_head, live_event;
      drop function wake_live_readers();
      drop function live_sites(integer, bigint);
      drop function live_mark();
    `);
  }
}
