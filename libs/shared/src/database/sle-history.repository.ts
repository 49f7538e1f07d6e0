import type { EpochMs, SleMetric, SlePeriod, Span } from '@app/domain';
import type { Queryable } from './database.js';
import { toSlePeriod } from './sle-sums.js';

export interface SleHourRow {
  readonly hour: EpochMs;
  readonly score: number | null;
  readonly totalMinutes: number | null;
  readonly numAps: number | null;
  readonly numClients: number | null;
}

export interface SleDayRow {
  readonly start: EpochMs;
  readonly siteId: number;
  readonly metric: SleMetric;
  readonly sums: SlePeriod;
}

interface OfSite {
  readonly orgId: number;
  readonly siteId: number;
  readonly metric: SleMetric;
  readonly period: Span;
}

/** Hours of one service level of one site that start in the period, ascending. */
export async function sleHours(db: Queryable, { orgId, siteId, metric, period }: OfSite): Promise<SleHourRow[]> {
  const rows = await db.query<Omit<SleHourRow, 'hour'> & { hour: Date }>(
    `select hour, score, total_minutes as "totalMinutes", num_aps as "numAps", num_clients as "numClients" from site_sle_hour
     where org_id = $1 and site_id = $2 and metric = $3 and hour >= $4 and hour < $5 order by hour`,
    [orgId, siteId, metric, new Date(period.from), new Date(period.to)],
  );
  return rows.map((row) => ({ ...row, hour: row.hour.getTime() }));
}

/** Stored days of service levels that start in the period, ascending. */
export async function sleDays(
  db: Queryable,
  asked: { orgId: number; siteIds: readonly number[]; metrics: readonly SleMetric[]; period: Span },
): Promise<SleDayRow[]> {
  const rows = await db.query<{
    site_id: number;
    metric: SleMetric;
    start: Date;
    hours: number;
    weighed_hours: number;
    weight: number;
    weighed_sum: number;
    plain_sum: number;
  }>(
    `select site_id, metric, start, hours, weighed_hours, weight, weighed_sum, plain_sum from site_sle_day
     where org_id = $1 and site_id = any($2) and metric = any($3) and start >= $4 and start < $5 order by site_id, metric, start`,
    [asked.orgId, asked.siteIds, asked.metrics, new Date(asked.period.from), new Date(asked.period.to)],
  );
  return rows.map(({ site_id, metric, start, ...sums }) => ({
    siteId: site_id,
    metric,
    start: start.getTime(),
    sums: toSlePeriod(sums),
  }));
}

export interface HealthRow {
  readonly start: EpochMs;
  readonly score: number | null;
  /** Hours with a score. */
  readonly hours: number;
}

/** Health of a site by hour or by stored day, ascending. */
export async function healthHistory(
  db: Queryable,
  asked: { orgId: number; siteId: number; grain: 'hour' | 'day'; period: Span },
): Promise<HealthRow[]> {
  const source =
    asked.grain === 'hour'
      ? 'select hour as start, score, (score is not null)::int as hours from health_hour where org_id = $1 and site_id = $2 and hour >= $3 and hour < $4'
      : 'select start, score, hours from health_day where org_id = $1 and site_id = $2 and start >= $3 and start < $4';
  const rows = await db.query<{ start: Date; score: number | null; hours: number }>(`${source} order by start`, [
    asked.orgId,
    asked.siteId,
    new Date(asked.period.from),
    new Date(asked.period.to),
  ]);
  return rows.map((row) => ({ ...row, start: row.start.getTime() }));
}
