import { UNASSIGNED_REGION, type EpochMs } from '@app/domain';
import type { Queryable } from '@app/shared';
import type { SiteLayer } from './sle.repository.js';

export interface SiteHour {
  readonly siteId: number;
  readonly hour: EpochMs;
}

export interface MetricScore extends SiteHour {
  readonly metric: string;
  readonly score: number;
}

const columns = (hours: readonly SiteHour[]): [number[], Date[]] => [
  hours.map(({ siteId }) => siteId),
  hours.map(({ hour }) => new Date(hour)),
];

/** First and last of the hours: other partitions are not looked at. */
function boundsOf(hours: readonly SiteHour[]): [Date, Date] {
  let [first, last] = [Infinity, -Infinity];
  for (const { hour } of hours) [first, last] = [Math.min(first, hour), Math.max(last, hour)];
  return [new Date(first), new Date(last)];
}

/** Every known score of these sites and hours. */
export async function scoresOf(
  tx: Queryable,
  orgId: number,
  hours: readonly SiteHour[],
  metrics: readonly string[],
): Promise<MetricScore[]> {
  if (hours.length === 0) return [];
  const rows = await tx.query<{ site_id: number; hour: Date; metric: string; score: number }>(
    `select u.site_id, u.hour, x.metric, x.score from unnest($2::int[], $3::timestamptz[]) as u (site_id, hour) cross join lateral (
       select h.metric, h.score from site_sle_hour h
       where h.org_id = $1 and h.site_id = u.site_id and h.metric = any($4) and h.hour = u.hour and h.hour between $5 and $6 and h.score is not null offset 0) x`,
    [orgId, ...columns(hours), metrics, ...boundsOf(hours)],
  );
  return rows.map((row) => ({ siteId: row.site_id, hour: row.hour.getTime(), metric: row.metric, score: row.score }));
}

export interface LayerAt extends SiteHour {
  readonly layer: SiteLayer;
}

/** What decides the thresholds of sites, each as of its hour. */
export async function layersAt(tx: Queryable, orgId: number, hours: readonly SiteHour[]): Promise<LayerAt[]> {
  const latest = (column: 'region' | 'store_type'): string =>
    `(select a.${column} from site_attribute a where a.org_id = $1 and a.site_id = s.id and a.${column} is not null and a.since <= u.hour
      order by a.source = 'configured' desc, a.since desc limit 1)`;
  const rows = await tx.query<SiteLayer & { siteId: number; hour: Date }>(
    `select u.site_id as "siteId", u.hour, s.external_id as "externalId", coalesce(${latest('region')}, s.country_code, $4) as region,
       ${latest('store_type')} as "storeType"
     from unnest($2::int[], $3::timestamptz[]) as u (site_id, hour) join site s on s.org_id = $1 and s.id = u.site_id`,
    [orgId, ...columns(hours), UNASSIGNED_REGION],
  );
  return rows.map(({ siteId, hour, ...layer }) => ({ siteId, hour: hour.getTime(), layer }));
}

/** Stores the health of hours. */
export async function storeHealthHours(
  tx: Queryable,
  orgId: number,
  hours: readonly (SiteHour & { readonly score: number | null })[],
): Promise<void> {
  await tx.query(
    `insert into health_hour (org_id, site_id, hour, score) select $1, u.* from unnest($2::int[], $3::timestamptz[], $4::float8[]) as u
     on conflict (org_id, site_id, hour) do update set score = excluded.score where health_hour.score is distinct from excluded.score`,
    [orgId, ...columns(hours), hours.map(({ score }) => score)],
  );
}

/** Health of these local days: the mean of their hours. */
export async function foldHealthDays(
  tx: Queryable,
  orgId: number,
  days: readonly { readonly siteId: number; readonly from: EpochMs; readonly to: EpochMs }[],
): Promise<void> {
  await tx.query(
    `insert into health_day (org_id, site_id, start, score, hours)
     select $1, d.site_id, d.start, f.* from unnest($2::int[], $3::timestamptz[], $4::timestamptz[]) as d (site_id, start, stop)
     cross join lateral (select avg(h.score), count(h.score) from health_hour h
       where h.org_id = $1 and h.site_id = d.site_id and h.hour >= d.start and h.hour < d.stop) f
     on conflict (org_id, site_id, start) do update set score = excluded.score, hours = excluded.hours
     where (health_day.score, health_day.hours) is distinct from (excluded.score, excluded.hours)`,
    [orgId, days.map(({ siteId }) => siteId), days.map(({ from }) => new Date(from)), days.map(({ to }) => new Date(to))],
  );
}

/** Makes the health of every day anew in another time zone. */
export async function refoldAllHealthDays(tx: Queryable, orgId: number, timezone: string): Promise<void> {
  await tx.query('delete from health_day where org_id = $1', [orgId]);
  await tx.query(
    `insert into health_day (org_id, site_id, start, score, hours)
     select $1, h.site_id, date_trunc('day', h.hour, $2), avg(h.score), count(h.score) from health_hour h where h.org_id = $1 group by 2, 3`,
    [orgId, timezone],
  );
}
