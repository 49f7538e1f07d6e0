import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rows that belong to an instant: the table and the column that tells it. */
const AT = {
  circuit_hour: 'hour',
  circuit_day: 'start',
  circuit_week: 'start',
  circuit_month: 'start',
  group_day: 'start',
  group_week: 'start',
  group_month: 'start',
  path_hour: 'hour',
  site_sle_hour: 'hour',
  site_sle_day: 'start',
  health_hour: 'hour',
  health_day: 'start',
} as const;
/** Rows that belong to a stretch of time: whose they are, and what they tell of it. */
const SPANS = {
  circuit_state: { owner: 'circuit_id', told: ['state'] },
  gateway_state: { owner: 'device_id', told: ['connected', 'site_id'] },
} as const;
/** What names, places and counts everything else: a change of it may be seen in every answer, from the instant `since` on where rows are dated. */
const WHOLE = {
  org: { since: null, watched: ['name', 'reporting_timezone'] },
  site: { since: null, watched: ['external_id', 'name', 'timezone', 'country_code', 'sitegroup_ids', 'removed_at'] },
  circuit: { since: null, watched: ['mac', 'port_id', 'site_id', 'wan_name', 'is_live', 'disabled', 'is_linked'] },
  site_attribute: { since: 'since', watched: null },
  circuit_attribute: { since: 'since', watched: null },
  circuit_alias: { since: null, watched: null },
  maintenance: { since: null, watched: null },
} as const;

const EVENTS = {
  insert: { seen: 'new table as after', rows: 'select * from after' },
  update: {
    seen: 'old table as before new table as after',
    // What is the same before and after has not changed.
    rows: '(select * from before except all select * from after) union all (select * from after except all select * from before)',
  },
  delete: { seen: 'old table as before', rows: 'select * from before' },
} as const;
type Event = keyof typeof EVENTS;
const NAMES = Object.keys(EVENTS) as Event[];

/** A function and a trigger per table and event: the tables that a statement changed are known inside of it only. */
const watch = (table: string, event: Event, body: string): string => `
      create function note_${table}_${event}() returns trigger language plpgsql as $$ begin
        ${body}
        return null;
      end $$;
      create trigger note_${event} after ${event} on ${table} referencing ${EVENTS[event].seen}
        for each statement execute function note_${table}_${event}();`;

const day = (at: string): string => `date_trunc('day', ${at}, 'UTC')`;

const atTriggers = Object.entries(AT).flatMap(([table, column]) =>
  NAMES.map((event) => {
    const rows = event === 'update' ? 'select * from before union all select * from after' : EVENTS[event].rows;
    const days = `select distinct org_id, ${day(column)} as at from (${rows}) r`;
    return watch(table, event, `perform note_change(d.org_id, d.at) from (${days}) d;`);
  }),
);

/** Days of the stretches; of one that only ends elsewhere, those between its ends: that is what nearly every poll does. */
const spanTriggers = Object.entries(SPANS).flatMap(([table, { owner, told }]) =>
  NAMES.map((event) => {
    const [was, is] = ['b', 'a'].map((side) => told.map((column) => `${side}.${column}`).join(', '));
    const moved = `select org_id, greatest(b.to_at, a.to_at) as high,
            case when (${was}) is not distinct from (${is}) then least(b.to_at, a.to_at) else from_at end as low
          from before b full join after a using (org_id, ${owner}, from_at) where (b.to_at, ${was}) is distinct from (a.to_at, ${is})`;
    const spans = event === 'update' ? moved : `select org_id, from_at as low, to_at as high from (${EVENTS[event].rows}) r`;
    return watch(table, event, `perform note_spans(array_agg(org_id), array_agg(low), array_agg(high)) from (${spans}) s;`);
  }),
);

/** What answers tell of a failover that goes on; its figures they tell when it is over, or without a tag. */
const OF_OPEN = ['site_id', 'primary_id', 'backup_id', 'started_at', 'decided_at', 'trigger', 'why', 'changes'];
const reached = (row: string): string => `coalesce(${row}.ended_at, greatest(${row}.measured_at, ${row}.started_at))`;

/** Days of the failovers; of one that only goes on, those since it was measured before. */
const failoverTriggers = NAMES.map((event) => {
  const [was, is] = ['b', 'a'].map((side) => OF_OPEN.map((column) => `${side}.${column}`).join(', '));
  const moved = `select org_id, greatest(${reached('b')}, ${reached('a')}) as high,
            case when b.ended_at is null and a.ended_at is null and (${was}) is not distinct from (${is})
              then least(${reached('b')}, ${reached('a')}) else least(b.started_at, a.started_at) end as low
          from before b full join after a using (org_id, id) where b.* is distinct from a.*`;
  const whole = `select org_id, started_at as low, ${reached('r')} as high from (${EVENTS[event].rows}) r`;
  const spans = event === 'update' ? moved : whole;
  return watch('failover', event, `perform note_spans(array_agg(org_id), array_agg(low), array_agg(high)) from (${spans}) s;`);
});

const orgOf = (table: string): string => (table === 'org' ? 'id' : 'org_id');

/** Polls write these rows again and again: a condition on each row is cheaper than the rows of every statement. */
const watchColumns = (table: string, watched: readonly string[]): string => `
      create function note_${table}_update() returns trigger language plpgsql as $$ begin
        perform note_whole(new.${orgOf(table)}, '-infinity');
        return null;
      end $$;
      create trigger note_update after update on ${table} for each row
        when ((${watched.map((column) => `old.${column}`).join(', ')}) is distinct from (${watched.map((column) => `new.${column}`).join(', ')}))
        execute function note_${table}_update();`;

const wholeTriggers = Object.entries(WHOLE).flatMap(([table, { since, watched }]) =>
  NAMES.map((event) => {
    if (event === 'update' && watched !== null) return watchColumns(table, watched);
    const { rows } = EVENTS[event];
    const noted = [`select distinct ${orgOf(table)} as org, '-infinity'::timestamptz as since from (${rows}) r`];
    if (since !== null) noted.push(`select distinct org_id, since from (${rows}) r where isfinite(since)`);
    return watch(table, event, `perform note_whole(n.org, n.since) from (${noted.join(' union ')}) n;`);
  }),
);

const WATCHED = [...Object.keys(AT), ...Object.keys(SPANS), 'failover', ...Object.keys(WHOLE)];

/**
 * How often the data of a day changed, and what holds for all days. An answer about days that are over is still the same while these counts are:
 * a count grows in the transaction of the change, so nobody sees one without the other.
 */
export class DataChanges1767225602600 implements MigrationInterface {
  name = 'DataChanges1767225602600';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Several rows may count for one day: whoever would have to wait for another's transaction begins a row of its own. The sum counts.
      create table data_change (
        org_id integer not null,
        -- A UTC day; null for what concerns every day.
        day timestamptz,
        -- When a change that concerns every day begins to hold.
        since timestamptz,
        changes bigint not null,
        check ((day is null) <> (since is null))
      ) with (fillfactor = 50);
      create index data_change_by_day on data_change (org_id, day);
      create function note_change(org integer, noted timestamptz) returns void language plpgsql as $$ begin
        update data_change set changes = changes + 1
        where ctid = (select ctid from data_change where org_id = org and day = noted limit 1 for update skip locked);
        if not found then insert into data_change (org_id, day, changes) values (org, noted, 1); end if;
      end $$;
      -- A transaction counts what holds for every day once: row after row would search all versions of the one it counts in. The setting ends
      -- with the transaction, and is undone with a savepoint as the count is.
      create function note_whole(org integer, holds timestamptz) returns void language plpgsql as $$
      declare noted text := coalesce(current_setting('mistwatch.noted', true), '');
      begin
        if holds = '-infinity' then
          if strpos(noted, ',' || org || ',') > 0 then return; end if;
          perform set_config('mistwatch.noted', noted || ',' || org || ',', true);
        end if;
        update data_change set changes = changes + 1
        where ctid = (select ctid from data_change where org_id = org and day is null and since = holds limit 1 for update skip locked);
        if not found then insert into data_change (org_id, since, changes) values (org, holds, 1); end if;
      end $$;
      -- A stretch of more than a year, or one without a bound, counts for every day. Days are UTC: one of the session's zone may have 23 or 25 hours.
      create function note_spans(orgs integer[], lows timestamptz[], highs timestamptz[]) returns void language plpgsql as $$ begin
        perform note_change(d.org, d.at) from (
          select distinct u.org, g.at from unnest(orgs, lows, highs) as u (org, low, high),
            generate_series(${day('u.low')}, u.high, interval '24 hours') as g (at)
          where isfinite(u.low) and isfinite(u.high) and u.high - u.low <= interval '400 days') d;
        perform note_whole(w.org, '-infinity') from (
          select distinct u.org from unnest(orgs, lows, highs) as u (org, low, high)
          where not isfinite(u.low) or not isfinite(u.high) or u.high - u.low > interval '400 days') w;
      end $$;
      -- Counts of days that are dropped begin anew, and must not come to a sum that was told before.
      create function note_data_change_delete() returns trigger language plpgsql as $$ begin
        perform note_whole(n.org_id, '-infinity') from (select distinct org_id from before) n;
        return null;
      end $$;
      create trigger note_delete after delete on data_change referencing old table as before
        for each statement execute function note_data_change_delete();
      ${[...atTriggers, ...spanTriggers, ...failoverTriggers, ...wholeTriggers].join('')}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    const droppings = WATCHED.flatMap((table) =>
      NAMES.map((event) => `drop trigger note_${event} on ${table}; drop function note_${table}_${event}();`),
    );
    await runner.query(`
      ${droppings.join(' ')}
      drop function note_spans(integer[], timestamptz[], timestamptz[]);
      drop function note_whole(integer, timestamptz);
      drop function note_change(integer, timestamptz);
      drop table data_change;
      drop function note_data_change_delete();
    `);
  }
}
