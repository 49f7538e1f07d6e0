import { bucketOf, SLE_METRICS, type SleMetric, type SlePeriod, type Span } from '@app/domain';
import type { Queryable } from './database.js';

/** Metrics that weigh by users; first of the values that `sleWeightSql` needs. */
export const CLIENT_BASED_SLE: readonly string[] = SLE_METRICS.filter(({ isClientBased }) => isClientBased).map(({ id }) => id);

/** SQL of the user-minutes an hour `h` stands for (`weightOfHour`); `clientBased` is the parameter that holds `CLIENT_BASED_SLE`. */
export const sleWeightSql = (metric: string, clientBased: string): string =>
  `case when ${metric} = any(${clientBased}::text[]) then coalesce(h.total_minutes, case when h.num_clients > 0 then h.num_clients * 60.0 end) end`;

/** SQL that adds up hours `x` with score and weight `w` (`slePeriodOfHour`), in the order of `SLE_SUM_COLUMNS`. */
export const SLE_SUMS = `count(x.score) as hours, count(x.w) as weighed_hours, coalesce(sum(x.w), 0) as weight,
  coalesce(sum(x.score * x.w), 0) as weighed_sum, coalesce(sum(x.score) filter (where x.w is null), 0) as plain_sum`;
export const SLE_SUM_COLUMNS = 'hours, weighed_hours, weight, weighed_sum, plain_sum';

/** Sums of one service level of one site over one of the asked periods. */
export interface SleSumsRow {
  readonly siteId: number;
  readonly metric: SleMetric;
  /** Index among the asked periods. */
  readonly period: number;
  readonly sums: SlePeriod;
}

export interface AskedSle {
  readonly orgId: number;
  readonly metrics: readonly SleMetric[];
  readonly periods: readonly Span[];
  /** These sites only; absent: all that are listed. */
  readonly siteIds?: readonly number[];
}

interface SumsRow {
  readonly site_id: number;
  readonly metric: SleMetric;
  readonly hours: number;
  readonly weighed_hours: number;
  readonly weight: number;
  readonly weighed_sum: number;
  readonly plain_sum: number;
}

const hoursSql = (from: string, to: string): string =>
  `select 1, (y.w is not null)::int, coalesce(y.w, 0), coalesce(y.score * y.w, 0), case when y.w is null then y.score else 0 end from (
     select h.score, ${sleWeightSql('m.metric', '$2')} as w from site_sle_hour h
     where h.org_id = $1 and h.site_id = s.id and h.metric = m.metric and h.hour >= ${from} and h.hour < ${to} and h.score is not null) y`;
const DAYS_SQL = `select d.hours, d.weighed_hours, d.weight, d.weighed_sum, d.plain_sum from site_sle_day d
    where d.org_id = $1 and d.site_id = s.id and d.metric = m.metric and d.start >= $6 and d.start < $7`;

/**
 * Whole days of the zone from the stored days, what is left at both ends from the hours: exact for any period, whatever its length. The last
 * condition names every parameter, whichever parts there are.
 */
const sumsSql = (parts: readonly string[]): string => `
  select s.id as site_id, m.metric, f.hours::int, f.weighed_hours::int, f.weight::float8, f.weighed_sum, f.plain_sum
  from site s cross join unnest($3::text[]) as m (metric)
  cross join lateral (select sum(x.hours) as hours, sum(x.weighed_hours) as weighed_hours, sum(x.weight) as weight, sum(x.weighed_sum) as weighed_sum,
      sum(x.plain_sum) as plain_sum from (${parts.join(' union all ')}) x (${SLE_SUM_COLUMNS})) f
  where s.org_id = $1 and f.hours > 0 and case when $4::int[] is null then s.removed_at is null else s.id = any($4) end
    and $2::text[] is not null and $5::timestamptz <= $6::timestamptz and $7::timestamptz <= $8::timestamptz
  order by s.id, m.metric`;

/** Sums of service levels over periods, of the sites that know any hour of them. */
export async function sleSums(db: Queryable, asked: AskedSle): Promise<SleSumsRow[]> {
  const zone = await sleZone(db, asked.orgId);
  const sums = await Promise.all(asked.periods.map((period) => sumsOfPeriod(db, asked, period, zone)));
  return sums.flatMap((rows, period) =>
    rows.map(({ site_id, metric, ...row }) => ({ siteId: site_id, metric, period, sums: toSlePeriod(row) })),
  );
}

/** A statement for each period, of the parts it has: its bounds are known when it is planned, so other partitions cost nothing. */
function sumsOfPeriod(db: Queryable, { orgId, metrics, siteIds }: AskedSle, period: Span, zone: string): Promise<SumsRow[]> {
  const days = wholeDays(period, zone);
  const parts = [
    ...(period.from < days.from ? [hoursSql('$5', '$6')] : []),
    ...(days.from < days.to ? [DAYS_SQL] : []),
    ...(days.to < period.to ? [hoursSql('$7', '$8')] : []),
  ];
  if (parts.length === 0) return Promise.resolve([]);
  const bounds = [period.from, days.from, days.to, period.to].map((at) => new Date(at));
  return db.query<SumsRow & Record<string, unknown>>(sumsSql(parts), [
    orgId,
    CLIENT_BASED_SLE,
    metrics,
    siteIds ?? null,
    ...bounds,
  ]);
}

/** Sums as the domain adds them up. */
export const toSlePeriod = (row: Omit<SumsRow, 'site_id' | 'metric'>): SlePeriod => ({
  hours: row.hours,
  weighedHours: row.weighed_hours,
  weight: row.weight,
  weighedSum: row.weighed_sum,
  plainSum: row.plain_sum,
});

/** The whole days of a period; where there is none, an empty span at its end. */
function wholeDays({ from, to }: Span, zone: string): Span {
  const first = bucketOf(from, 'day', zone);
  const start = first.from === from ? from : first.to;
  const end = bucketOf(to, 'day', zone).from;
  return start < end ? { from: start, to: end } : { from: to, to };
}

/** The zone of the stored days of an org: that of its reports, but for the minutes after a change of it. */
export async function sleZone(db: Queryable, orgId: number): Promise<string> {
  const [row] = await db.query<{ zone: string }>(
    'select coalesce(h.timezone, o.reporting_timezone) as zone from org o left join sle_history_state h on h.org_id = o.id where o.id = $1',
    [orgId],
  );
  return row?.zone ?? 'UTC';
}
