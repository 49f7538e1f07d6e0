import { HOUR_MS, mergeStreaks, QUALITY_METRICS, streakGap, type EpochMs, type Span, type Streak } from '@app/domain';
import { streaksOfText, textOfStreaks, THRESHOLD_PLACES, type Queryable } from '@app/shared';
import { epochMs, instant, msOf } from '../facts/sql-time.js';
import { bytesArray, numberArray, PERCENTILE_NAMES, replacing, SUM_NAMES, SUMS_OF_ROLLUPS } from './columns.js';
import type { DueRow, RollupGrain } from './group-due.repository.js';
import { gathered, mergedItem, type SketchedItem, type SketchPieces } from './hour-sketches.repository.js';

/** Weeks or months of circuits, `[from, to)`. */
export interface CircuitPeriod extends Span {
  readonly circuitId: number;
}

/** A part of a period in which a circuit was at one site and belonged to the same groups. */
interface PeriodStretch extends Span {
  readonly circuitId: number;
  readonly start: EpochMs;
  readonly above: string;
}

interface RunRow {
  readonly i: number;
  readonly from_ms: number;
  /** Per day row: first and last ms, and its hours above; rows apart by `;`, parts by `:`. */
  readonly days: string;
}

/** Days in a row that belong to the same groups. */
const RUNS = `
  select u.i::int as i, r.from_ms, r.days from unnest($2::int[], $3::float8[], $4::float8[]) with ordinality as u (circuit_id, lower, upper, i)
  cross join lateral (
    select run, min(from_ms) as from_ms, string_agg(from_ms || ':' || to_ms || ':' || array_to_string(above, ','), ';' order by from_ms) as days
    from (select *, sum(step) over (order by from_ms) as run from (
      select (${epochMs('stretch_from')})::bigint as from_ms, (${epochMs('stretch_to')})::bigint as to_ms, above,
        case when lag((site_id, region, store_type, provider)) over (order by start, stretch_from)
          is distinct from (site_id, region, store_type, provider) then 1 else 0 end as step
      from circuit_day where org_id = $1 and circuit_id = u.circuit_id and start >= ${instant('u.lower')} and start < ${instant('u.upper')}) steps) runs
    group by run) r
  order by u.i, r.from_ms`;

const hoursIn = (from: EpochMs, to: EpochMs): number =>
  (Math.ceil(to / HOUR_MS) * HOUR_MS - Math.ceil(from / HOUR_MS) * HOUR_MS) / HOUR_MS;

/** Streaks of a span of days; time without a row breaks runs. */
function streaksOf(days: string, { from, to }: Span): Streak[] {
  let streaks: Streak[] = THRESHOLD_PLACES.map(() => streakGap(0));
  let end = from;
  const append = (next: (i: number) => Streak): void => {
    streaks = streaks.map((streak, i) => mergeStreaks(streak, next(i)));
  };
  for (const day of days.split(';')) {
    const [dayFrom = '', dayTo = '', above = ''] = day.split(':');
    const hours = hoursIn(Number(dayFrom), Number(dayTo));
    const ofDay = streaksOfText(above, hours);
    const missing = hoursIn(end, Number(dayFrom));
    if (missing > 0) append(() => streakGap(missing));
    append((i) => ofDay[i] ?? streakGap(hours));
    end = Number(dayTo);
  }
  const rest = hoursIn(end, to);
  if (rest > 0) append(() => streakGap(rest));
  return streaks;
}

async function stretchesOf(db: Queryable, orgId: number, periods: readonly CircuitPeriod[]): Promise<PeriodStretch[]> {
  const rows = await db.query<RunRow>(RUNS, [
    orgId,
    numberArray(periods.map(({ circuitId }) => circuitId)),
    numberArray(periods.map(({ from }) => from)),
    numberArray(periods.map(({ to }) => to)),
  ]);
  return rows.flatMap((row, k) => {
    const period = periods[row.i - 1];
    if (period === undefined) return [];
    const [before, after] = [rows[k - 1], rows[k + 1]];
    const span = {
      from: before?.i === row.i ? msOf(row.from_ms) : period.from,
      to: after?.i === row.i ? msOf(after.from_ms) : period.to,
    };
    return [{ circuitId: period.circuitId, start: period.from, ...span, above: textOfStreaks(streaksOf(row.days, span)) }];
  });
}

const KEY = ['org_id', 'circuit_id', 'start', 'stretch_from'];
const PLACE = ['site_id', 'region', 'store_type', 'provider'];
const COLUMNS = ['stretch_to', ...PLACE, ...SUM_NAMES, ...PERCENTILE_NAMES, 'above'];

/** The days of a stretch, in any order. */
const daysOf = (table: string): string =>
  `${table}.org_id = $1 and ${table}.circuit_id = t.circuit_id and ${table}.start >= t.start and ${table}.start < t.stretch_to
     and ${table}.stretch_from >= t.stretch_from and ${table}.stretch_from < t.stretch_to`;

/** A percentile that one day alone knows is that day's; else the merged sketches tell. */
const percentile = (metric: string): string => `
  case when d.${metric}_days = 1 then d.${metric}_only else s.${metric}_p95 end as ${metric}_p95,
  case when d.${metric}_days = 1 then d.${metric}_known else coalesce(s.${metric}_sketched, 0) end as ${metric}_sketched`;
const QUALITY_OF_DAYS = QUALITY_METRICS.map(
  (metric) => `count(*) filter (where ${metric}_count > 0) as ${metric}_days,
    max(${metric}_p95) filter (where ${metric}_count > 0) as ${metric}_only, max(${metric}_sketched) filter (where ${metric}_count > 0) as ${metric}_known`,
).join(', ');
const SKETCHES = QUALITY_METRICS.flatMap((metric) => [metric, `${metric}_p95`, `${metric}_sketched`]);
const SKETCH_TYPES = ['bytea', 'float8', 'bigint'];

/** Parameters: 1 org; 2-6 stretches; 7- their sketches; then the periods: circuits and starts. */
const FIRST_SKETCH = 7;
const FIRST_PERIOD = FIRST_SKETCH + 1 + SKETCHES.length;

const foldOf = (grain: RollupGrain): string => `
  with stretch as (
    select u.i, $1::int as org_id, u.circuit_id, ${instant('u.start')} as start, ${instant('u.lower')} as stretch_from, ${instant('u.upper')} as stretch_to, u.above::smallint[] as above
    from unnest($2::int[], $3::float8[], $4::float8[], $5::float8[], $6::text[]) with ordinality as u (circuit_id, start, lower, upper, above, i)),
  sketch as (
    select * from unnest($${FIRST_SKETCH}::int[], ${SKETCHES.map((_, i) => `$${FIRST_SKETCH + 1 + i}::${SKETCH_TYPES[i % 3] ?? ''}[]`).join(', ')}) as s (i, ${SKETCHES.join(', ')})),
  fit as materialized (
    select ${[...KEY, 'stretch_to', 'above'].map((name) => `t.${name}`).join(', ')}, ${[...PLACE, ...SUM_NAMES].map((name) => `d.${name}`).join(', ')}, p.util_p95,
      ${QUALITY_METRICS.map(percentile).join(', ')}, ${QUALITY_METRICS.map((metric) => `s.${metric}`).join(', ')}
    from stretch t
    cross join lateral (select ${PLACE.map((name) => `max(${name}) as ${name}`).join(', ')}, ${SUMS_OF_ROLLUPS}, ${QUALITY_OF_DAYS} from circuit_day d where ${daysOf('d')}) d
    cross join lateral (
      select percentile_cont(0.95) within group (order by v.value) as util_p95
      from circuit_sketch k, unnest(k.util_values) as v (value) where k.grain = 'day' and ${daysOf('k')}) p
    left join sketch s on s.i = t.i
    where d.facts is not null),
  stored as (
    insert into circuit_${grain} (${[...KEY, ...COLUMNS].join(', ')}) select ${[...KEY, ...COLUMNS].join(', ')} from fit
    on conflict (${KEY.join(', ')}) ${replacing(COLUMNS)}),
  stored_sketch as (
    insert into circuit_sketch (grain, ${[...KEY, ...QUALITY_METRICS].join(', ')})
    select '${grain}', ${[...KEY, ...QUALITY_METRICS].join(', ')} from fit where coalesce(latency, jitter, loss) is not null
    on conflict (org_id, grain, circuit_id, start, stretch_from) ${replacing(QUALITY_METRICS)}),
  old as materialized (
    select c.circuit_id, c.start, c.stretch_from, c.region, c.store_type, c.provider
    from unnest($${FIRST_PERIOD}::int[], $${FIRST_PERIOD + 1}::float8[]) as u (circuit_id, start) cross join lateral (
      select * from circuit_${grain} c where c.org_id = $1 and c.circuit_id = u.circuit_id and c.start = ${instant('u.start')} offset 0) c),
  gone as materialized (
    select * from old o where not exists (
      select from fit f where f.circuit_id = o.circuit_id and f.start = o.start and f.stretch_from = o.stretch_from)),
  removed as (
    delete from circuit_${grain} c using gone g
    where c.org_id = $1 and c.circuit_id = g.circuit_id and c.start = g.start and c.stretch_from = g.stretch_from),
  sketchless as materialized (
    select circuit_id, start, stretch_from from gone union all select circuit_id, start, stretch_from from fit where coalesce(latency, jitter, loss) is null),
  removed_sketch as (
    delete from circuit_sketch k using sketchless g
    where k.org_id = $1 and k.grain = '${grain}' and k.circuit_id = g.circuit_id and k.start = g.start and k.stretch_from = g.stretch_from)
  select ${epochMs('start')} as start, region, store_type, provider
  from (select start, region, store_type, provider from old union select start, region, store_type, provider from fit) d`;

const FOLDS = { day: foldOf('day'), week: foldOf('week'), month: foldOf('month') } as const;

interface GroupsRow {
  readonly start: number;
  readonly region: string;
  readonly store_type: string | null;
  readonly provider: string | null;
}

async function mergedDaySketches(db: Queryable, orgId: number, stretches: readonly PeriodStretch[]): Promise<SketchedItem[]> {
  const rows = await db.query<SketchPieces>(
    `select t.i::int as i, s.* from (
       select u.i, u.circuit_id, ${instant('u.start')} as start, ${instant('u.lower')} as stretch_from, ${instant('u.upper')} as stretch_to
       from unnest($2::int[], $3::float8[], $4::float8[], $5::float8[]) with ordinality as u (circuit_id, start, lower, upper, i)) t
     cross join lateral (select count(*)::int as hours, ${gathered(QUALITY_METRICS)} from circuit_sketch k
       where k.grain = 'day' and ${daysOf('k')} and coalesce(k.latency, k.jitter, k.loss) is not null) s
     where s.hours > 0`,
    [orgId, ...keysOf(stretches)],
  );
  return rows.map(mergedItem);
}

const keysOf = (stretches: readonly PeriodStretch[]): string[] => [
  numberArray(stretches.map(({ circuitId }) => circuitId)),
  numberArray(stretches.map(({ start }) => start)),
  numberArray(stretches.map(({ from }) => from)),
  numberArray(stretches.map(({ to }) => to)),
];

/** Folds weeks or months of circuits from their days and stores them in place of what was stored; tells the groups they belong to, or did before. */
export async function storeCircuitPeriods(
  db: Queryable,
  orgId: number,
  grain: Exclude<RollupGrain, 'day'>,
  periods: readonly CircuitPeriod[],
): Promise<DueRow[]> {
  if (periods.length === 0) return [];
  const stretches = await stretchesOf(db, orgId, periods);
  const sketches = await mergedDaySketches(db, orgId, stretches);
  const rows = await db.query<GroupsRow>(FOLDS[grain], [
    orgId,
    ...keysOf(stretches),
    stretches.map(({ above }) => above),
    numberArray(sketches.map(({ i }) => i)),
    ...QUALITY_METRICS.flatMap((metric) => [
      bytesArray(sketches.map((sketch) => sketch[metric].bytes)),
      numberArray(sketches.map((sketch) => sketch[metric].p95)),
      numberArray(sketches.map((sketch) => sketch[metric].count)),
    ]),
    numberArray(periods.map(({ circuitId }) => circuitId)),
    numberArray(periods.map(({ from }) => from)),
  ]);
  return rows.map((row) => ({
    grain,
    start: msOf(row.start),
    region: row.region,
    storeType: row.store_type,
    provider: row.provider,
  }));
}
