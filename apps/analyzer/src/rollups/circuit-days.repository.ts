import { HOURLY_KPIS, LEVELS, QUALITY_METRICS, type EpochMs } from '@app/domain';
import type { Queryable } from '@app/shared';
import { epochMs, instant, msOf } from '../facts/sql-time.js';
import { bytesArray, numberArray, PERCENTILE_NAMES, replacing, SUM_NAMES, SUMS_OF_HOURS } from './columns.js';
import type { DueRow } from './group-due.repository.js';
import { mergedHourSketches } from './hour-sketches.repository.js';
import type { CircuitDay, Worklist } from './worklist.js';

const MASKS = HOURLY_KPIS.flatMap((kpi) =>
  LEVELS.map((level) => ({ column: kpi === 'utilization' ? 'utilization_pct' : `${kpi}_avg`, name: `${kpi}_${level}` })),
);
const LEAST = MASKS.map(({ name }) => `least_${name}`);
/** Bits of the hours at or above, counted from the stretch's first hour. */
const ABOVE = `array[${MASKS.map(({ column, name }) => `coalesce(bit_or(1 << i) filter (where ${column} >= t.least_${name}), 0)`).join(', ')}]`;

const QUALITY_OF_HOURS = QUALITY_METRICS.map(
  (metric) =>
    `count(*) filter (where ${metric}_count > 0) as ${metric}_hours, max(${metric}_p95) filter (where ${metric}_count > 0) as ${metric}_only`,
).join(', ');

/**
 * One measured hour knows its own p95. Else the sketches of the hours tell, unless some hours have lost theirs (they live as long as samples): then
 * the day keeps what it had.
 */
const percentile = (metric: string): string => `
  case when f.${metric}_hours = 1 and f.${metric}_only is not null then f.${metric}_only when o.is_kept then o.${metric}_p95 else s.${metric}_p95 end as ${metric}_p95,
  case when f.${metric}_hours = 1 and f.${metric}_only is not null then f.${metric}_count when o.is_kept then o.${metric}_sketched else coalesce(s.${metric}_sketched, 0) end as ${metric}_sketched,
  case when o.is_kept then o.${metric} else s.${metric} end as ${metric}_sketch`;

const KEY = ['org_id', 'circuit_id', 'start', 'stretch_from'];
const PLACE = ['site_id', 'region', 'store_type', 'provider'];
const DAY_COLUMNS = ['stretch_to', ...PLACE, ...SUM_NAMES, ...PERCENTILE_NAMES, 'above'];
const SKETCH_COLUMNS = ['util_values', ...QUALITY_METRICS];
const SKETCHES = QUALITY_METRICS.flatMap((metric) => [metric, `${metric}_p95`, `${metric}_sketched`]);

/** Parameters: 1 org; 2-6 stretches; 7-10 places, 11-22 their thresholds; 23- sketches. */
const FIRST_LEAST = 11;
const FIRST_SKETCH = FIRST_LEAST + LEAST.length;
const SKETCH_TYPES = ['bytea', 'float8', 'bigint'];

const FOLD = `
  with place as (
    select p.* from unnest($7::int[], $8::text[], $9::text[], $10::text[], ${LEAST.map((_, i) => `$${FIRST_LEAST + i}::float8[]`).join(', ')})
      with ordinality as p (${PLACE.join(', ')}, ${LEAST.join(', ')}, place)),
  stretch as materialized (
    select u.i, u.circuit_id, ${instant('u.start')} as start, ${instant('u.lower')} as stretch_from, ${instant('u.upper')} as stretch_to,
      ceil(u.lower / 3600000) * 3600 as first_s, p.*
    from unnest($2::int[], $3::float8[], $4::float8[], $5::float8[], $6::int[]) with ordinality as u (circuit_id, start, lower, upper, place, i)
    join place p on p.place = u.place),
  folded as materialized (
    select t.i, t.circuit_id, t.start, t.stretch_from, t.stretch_to, ${PLACE.map((name) => `t.${name}`).join(', ')}, h.*
    from stretch t cross join lateral (
      select ${SUMS_OF_HOURS}, ${QUALITY_OF_HOURS}, ${ABOVE} as above, min(site_id) as site_min, max(site_id) as site_max,
        percentile_cont(0.95) within group (order by utilization_pct) as util_p95,
        array_agg(utilization_pct) filter (where utilization_pct is not null) as util_values,
        count(*) filter (where source = 'samples' and latency_count + jitter_count + loss_count > 0) as sampled
      from (select c.*, ((date_part('epoch', c.hour) - t.first_s) / 3600)::int as i from circuit_hour c
        where c.org_id = $1 and c.circuit_id = t.circuit_id and c.hour >= t.stretch_from and c.hour < t.stretch_to offset 0) hours) h
    where h.facts > 0),
  moved as (select distinct circuit_id, start from folded where site_min <> site_id or site_max <> site_id),
  sketch as (
    select * from unnest($${FIRST_SKETCH}::int[], $${FIRST_SKETCH + 1}::bigint[], ${SKETCHES.map((_, i) => `$${FIRST_SKETCH + 2 + i}::${SKETCH_TYPES[i % 3] ?? ''}[]`).join(', ')})
      as s (i, sketched_hours, ${SKETCHES.join(', ')})),
  fit as materialized (
    select $1::int as org_id, ${[...KEY.slice(1), 'stretch_to', ...PLACE, ...SUM_NAMES, 'util_p95', 'above', 'util_values'].map((name) => `f.${name}`).join(', ')},
      ${QUALITY_METRICS.map(percentile).join(', ')}
    from folded f left join sketch s on s.i = f.i
    left join lateral (
      select true as is_kept, d.*, k.latency, k.jitter, k.loss from circuit_day d
      join circuit_sketch k on k.org_id = d.org_id and k.grain = 'day' and k.circuit_id = d.circuit_id and k.start = d.start and k.stretch_from = d.stretch_from
      where f.sampled > coalesce(s.sketched_hours, 0) and d.org_id = $1 and d.circuit_id = f.circuit_id and d.start = f.start and d.stretch_from = f.stretch_from
      limit 1) o on true
    where not exists (select from moved m where m.circuit_id = f.circuit_id and m.start = f.start)),
  stored as (
    insert into circuit_day (${[...KEY, ...DAY_COLUMNS].join(', ')}) select ${[...KEY, ...DAY_COLUMNS].join(', ')} from fit
    on conflict (${KEY.join(', ')}) ${replacing(DAY_COLUMNS)}),
  stored_sketch as (
    insert into circuit_sketch (grain, ${[...KEY, ...SKETCH_COLUMNS].join(', ')})
    select 'day', ${KEY.join(', ')}, util_values, ${QUALITY_METRICS.map((metric) => `${metric}_sketch`).join(', ')} from fit
    on conflict (org_id, grain, circuit_id, start, stretch_from) ${replacing(SKETCH_COLUMNS)}),
  old as materialized (
    select d.circuit_id, d.start, d.stretch_from, d.region, d.store_type, d.provider
    from (select distinct circuit_id, start from stretch) t cross join lateral (
      select * from circuit_day d where d.org_id = $1 and d.circuit_id = t.circuit_id and d.start = t.start offset 0) d
    where not exists (select from moved m where m.circuit_id = t.circuit_id and m.start = t.start)),
  gone as materialized (
    select * from old o where not exists (
      select from fit f where f.circuit_id = o.circuit_id and f.start = o.start and f.stretch_from = o.stretch_from)),
  removed as (
    delete from circuit_day d using gone g
    where d.org_id = $1 and d.circuit_id = g.circuit_id and d.start = g.start and d.stretch_from = g.stretch_from),
  removed_sketch as (
    delete from circuit_sketch k using gone g
    where k.org_id = $1 and k.grain = 'day' and k.circuit_id = g.circuit_id and k.start = g.start and k.stretch_from = g.stretch_from)
  select 'due' as what, null::int as circuit_id, ${epochMs('start')} as start, region, store_type, provider, (select sum(facts)::int from fit) as hours
  from (select start, region, store_type, provider from old union select start, region, store_type, provider from fit) d
  union all select 'moved', circuit_id, ${epochMs('start')}, null, null, null, null from moved`;

interface FoldRow {
  readonly what: 'due' | 'moved';
  readonly circuit_id: number | null;
  readonly start: number;
  readonly region: string | null;
  readonly store_type: string | null;
  readonly provider: string | null;
  readonly hours: number | null;
}

export interface FoldedDays {
  /** Groups that the days belong to, or belonged to before. */
  readonly due: readonly DueRow[];
  /** Days in which hours lie at another site than was assumed; nothing was stored of them. */
  readonly moved: readonly { readonly circuitId: number; readonly start: EpochMs }[];
  /** Hours that were read. */
  readonly hours: number;
}

/** Folds stretches of days from their hours and stores them in place of what was stored of these days. */
export async function storeCircuitDays(db: Queryable, orgId: number, { stretches, places }: Worklist): Promise<FoldedDays> {
  if (stretches.length === 0) return { due: [], moved: [], hours: 0 };
  const sketches = await mergedHourSketches(db, orgId, stretches);
  const rows = await db.query<FoldRow>(FOLD, [
    orgId,
    numberArray(stretches.map(({ circuitId }) => circuitId)),
    numberArray(stretches.map(({ start }) => start)),
    numberArray(stretches.map(({ from }) => from)),
    numberArray(stretches.map(({ to }) => to)),
    numberArray(stretches.map(({ place }) => place + 1)),
    numberArray(places.map(({ siteId }) => siteId)),
    places.map(({ region }) => region),
    places.map(({ storeType }) => storeType),
    places.map(({ provider }) => provider),
    ...LEAST.map((_, i) => numberArray(places.map(({ least }) => least[i] ?? null))),
    numberArray(sketches.map(({ i }) => i)),
    numberArray(sketches.map(({ hours }) => hours)),
    ...QUALITY_METRICS.flatMap((metric) => [
      bytesArray(sketches.map((sketch) => sketch[metric].bytes)),
      numberArray(sketches.map((sketch) => sketch[metric].p95)),
      numberArray(sketches.map((sketch) => sketch[metric].count)),
    ]),
  ]);
  const isDue = (row: FoldRow): row is FoldRow & { region: string } => row.what === 'due';
  return {
    due: rows.filter(isDue).map((row) => ({
      grain: 'day',
      start: msOf(row.start),
      region: row.region,
      storeType: row.store_type,
      provider: row.provider,
    })),
    moved: rows
      .filter(({ what }) => what === 'moved')
      .map(({ circuit_id, start }) => ({ circuitId: circuit_id ?? 0, start: msOf(start) })),
    hours: rows[0]?.hours ?? 0,
  };
}

/** Hours of one circuit in a row at one site. */
export interface SiteRun {
  readonly circuitId: number;
  readonly start: EpochMs;
  readonly siteId: number;
  readonly from: EpochMs;
}

/** Where the hours of these days lie: runs of hours at one site, ascending. */
export async function siteRunsOf(db: Queryable, orgId: number, days: readonly CircuitDay[]): Promise<SiteRun[]> {
  const rows = await db.query<{ circuit_id: number; start: number; site_id: number; from_ms: number }>(
    `select u.circuit_id, u.lower as start, h.site_id, ${epochMs('h.hour')} as from_ms
     from unnest($2::int[], $3::float8[], $4::float8[]) as u (circuit_id, lower, upper) cross join lateral (
       select hour, site_id, lag(site_id) over (order by hour) as before from circuit_hour
       where org_id = $1 and circuit_id = u.circuit_id and hour >= ${instant('u.lower')} and hour < ${instant('u.upper')}) h
     where h.before is distinct from h.site_id order by u.circuit_id, h.hour`,
    [
      orgId,
      numberArray(days.map(({ circuitId }) => circuitId)),
      numberArray(days.map(({ from }) => from)),
      numberArray(days.map(({ to }) => to)),
    ],
  );
  return rows.map((row) => ({ circuitId: row.circuit_id, start: row.start, siteId: row.site_id, from: msOf(row.from_ms) }));
}
