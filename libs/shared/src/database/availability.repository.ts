import type { EpochMs, HourTime, PortState, Span, StateInterval } from '@app/domain';
import type { Queryable } from './database.js';
import {
  COVERED_BY_MAINTENANCE,
  maintenanceTimes,
  maintenanceWindows,
  windowArrays,
  type MaintenanceWindow,
} from './maintenance-cover.js';

/** Circuits, or what they did while they were at a site. */
export interface HoursOf {
  readonly circuits: readonly number[];
  readonly site: number | null;
}

/** State minutes of the hours of circuits that start in a span, ascending. */
export async function hourTimes(
  db: Queryable,
  orgId: number,
  { circuits, site }: HoursOf,
  span: Span,
): Promise<Map<number, HourTime[]>> {
  const rows = await db.query<{ circuit: number; hour: Date; up: number; down: number; sampled: boolean }>(
    `select circuit_id as circuit, hour, up_ms as up, down_ms as down, source = 'samples' as sampled from circuit_hour
     where org_id = $1 and circuit_id = any($2) and hour >= $3 and hour < $4 and ($5::integer is null or site_id = $5)
     order by circuit_id, hour`,
    [orgId, circuits, new Date(span.from), new Date(span.to), site],
  );
  return grouped(rows, ({ hour, up, down, sampled }) => ({
    hour: hour.getTime(),
    upMs: up,
    downMs: down,
    hasIntervals: sampled,
  }));
}

/** Known states of circuits that touch a span, whole and ascending; from the last up before it on, so that outages are whole too. */
export async function statesOf(
  db: Queryable,
  orgId: number,
  circuitIds: readonly number[],
  span: Span,
): Promise<Map<number, StateInterval[]>> {
  const rows = await db.query<{ circuit: number; from_at: Date; to_at: Date; state: PortState }>(
    `select u.id as circuit, s.from_at, s.to_at, s.state from unnest($2::int[]) as u (id) cross join lateral (
       select s.from_at, s.to_at, s.state from circuit_state s where s.org_id = $1 and s.circuit_id = u.id and s.from_at < $4 and s.from_at >= coalesce(
         (select e.from_at from circuit_state e where e.org_id = $1 and e.circuit_id = u.id and e.from_at < $3 and e.state = 'up'
          order by e.from_at desc limit 1), '-infinity')) s
     order by u.id, s.from_at`,
    [orgId, circuitIds, new Date(span.from), new Date(span.to)],
  );
  return grouped(rows, ({ from_at, to_at, state }) => ({ from: from_at.getTime(), to: to_at.getTime(), state }));
}

function grouped<R extends { readonly circuit: number }, T>(rows: readonly R[], make: (row: R) => T): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) {
    const group = groups.get(row.circuit);
    if (group === undefined) groups.set(row.circuit, [make(row)]);
    else group.push(make(row));
  }
  return groups;
}

/** A group of circuits: those of a region, or all. */
export interface AvailabilityGroup {
  readonly level: 'region' | 'org';
  /** Name of the region; of an org its rollup key. */
  readonly key: string;
}

/** State time of a group on one local day, of all its circuits together. */
export interface GroupDay {
  readonly start: EpochMs;
  /** Hours of circuits that belonged to it. */
  readonly facts: number;
  readonly upMs: number;
  readonly downMs: number;
}

export async function groupDays(db: Queryable, orgId: number, group: AvailabilityGroup, span: Span): Promise<GroupDay[]> {
  const rows = await db.query<{ start: Date; facts: number; up: number; down: number }>(
    `select start, facts, up_ms as up, down_ms as down from group_day
     where org_id = $1 and level = $2 and key = $3 and start >= $4 and start < $5 order by start`,
    [orgId, group.level, group.key, new Date(span.from), new Date(span.to)],
  );
  return rows.map(({ start, facts, up, down }) => ({ start: start.getTime(), facts, upMs: up, downMs: down }));
}

/** State time inside maintenance. */
export interface InsideTime {
  readonly insideMs: number;
  readonly insideUpMs: number;
  readonly insideDownMs: number;
}

/** The same on one local day, of all circuits of a group together. */
export interface InsideDay extends InsideTime {
  readonly start: EpochMs;
}

const ms = (interval: string): string => `round(extract(epoch from ${interval}) * 1000)`;

/** The same arithmetic as `netTimes` of the domain, where there are too many hours to bring them here: only those that maintenance touches are read. */
const inside = (which: string, group: string): string => `
  with span as materialized (
    select c.id as circuit, unnest(range_agg(tstzrange(greatest(m.from_at, $2), least(m.to_at, $3)))) as span
    from ${maintenanceTimes('$4', '$5', '$6')} m join circuit c on c.org_id = m.org_id join site s on s.org_id = c.org_id and s.id = c.site_id
    where ${COVERED_BY_MAINTENANCE} and ${which}
    group by c.id
  ), part as (
    select w.circuit, h.hour, h.source, h.up_ms, h.down_ms, greatest(lower(w.span), h.hour) as lo, least(upper(w.span), h.hour + interval '1 hour') as hi
    -- Ordered inside, so that each circuit is looked up.
    from span w cross join lateral (
      select * from circuit_hour where org_id = $1 and circuit_id = w.circuit
        and hour > lower(w.span) - interval '1 hour' and hour < upper(w.span) and hour >= $2 and hour < $3 order by hour) h
  ), hour as (
    select p.circuit, p.hour, p.source, p.up_ms, p.down_ms, sum(${ms('(p.hi - p.lo)')})::float8 as inside,
      coalesce(sum(t.up), 0)::float8 as up, coalesce(sum(t.down), 0)::float8 as down
    from part p left join lateral (
      select sum(${ms('(least(x.to_at, p.hi) - greatest(x.from_at, p.lo))')}) filter (where x.state = 'up') as up,
        sum(${ms('(least(x.to_at, p.hi) - greatest(x.from_at, p.lo))')}) filter (where x.state = 'down') as down
      from (
        select from_at, to_at, state from circuit_state where org_id = $1 and circuit_id = p.circuit and from_at > p.lo and from_at < p.hi
        union all (select from_at, to_at, state from circuit_state where org_id = $1 and circuit_id = p.circuit and from_at <= p.lo
          order by from_at desc limit 1)) x
      where x.to_at > p.lo
    ) t on p.source = 'samples' and p.hi - p.lo < interval '1 hour'
    group by p.circuit, p.hour, p.source, p.up_ms, p.down_ms
  )
  select ${group}, sum(inside)::float8 as inside,
    sum(case when inside = 3600000 then up_ms when source = 'samples' then least(up, up_ms) else round(up_ms * inside / 3600000) end)::float8 as up,
    sum(case when inside = 3600000 then down_ms when source = 'samples' then least(down, down_ms) else round(down_ms * inside / 3600000) end)::float8 as down
  from hour group by 1`;
const INSIDE_DAYS = inside(
  `($7::text is null or $7 = coalesce((select t.region from site_attribute t where t.org_id = s.org_id and t.site_id = s.id
    and t.since <= m.from_at and t.region is not null order by t.source, t.since desc limit 1), s.country_code, $8))`,
  "date_trunc('day', hour, $9) as start",
);
const INSIDE_CIRCUITS = inside('c.id = any($7)', 'circuit');

export interface InsideAsked extends Span {
  readonly region: string | null;
  /** Name of the region of sites that have none. */
  readonly unassigned: string;
  readonly zone: string;
}

/** Time of a group inside maintenance by local day. A circuit is of the region that it had when the window began. */
export async function insideDays(db: Queryable, orgId: number, asked: InsideAsked): Promise<InsideDay[]> {
  const windows = await maintenanceWindows(db, orgId, asked);
  if (windows.length === 0) return [];
  const rows = await db.query<{ start: Date; inside: number; up: number; down: number }>(INSIDE_DAYS, [
    orgId,
    new Date(asked.from),
    new Date(asked.to),
    ...windowArrays(windows),
    asked.region,
    asked.unassigned,
    asked.zone,
  ]);
  return rows.map(({ start, inside, up, down }) => ({
    start: start.getTime(),
    insideMs: inside,
    insideUpMs: up,
    insideDownMs: down,
  }));
}

export interface InsideCircuitsAsked extends Span {
  readonly circuits: readonly number[];
  /** Every time of maintenance that touches the span. */
  readonly windows: readonly MaintenanceWindow[];
}

/** Time of each circuit inside maintenance in the hours that start in a span; those without any are left out. */
export async function insideCircuits(db: Queryable, orgId: number, asked: InsideCircuitsAsked): Promise<Map<number, InsideTime>> {
  const { from, to, windows, circuits } = asked;
  const rows = await db.query<{ circuit: number; inside: number; up: number; down: number }>(INSIDE_CIRCUITS, [
    orgId,
    new Date(from),
    new Date(to),
    ...windowArrays(windows),
    circuits,
  ]);
  return new Map(
    rows.map(({ circuit, inside: insideMs, up, down }) => [circuit, { insideMs, insideUpMs: up, insideDownMs: down }]),
  );
}
