import {
  bucketOf,
  bucketsBetween,
  DAY_MS,
  availabilityPct,
  scoreOfSlePeriod,
  SLE_METRICS,
  trendOf,
  trendsOf,
  trendWindows,
  WAN_TREND_METRICS,
  type Bucket,
  type EpochMs,
  type HealthStatus,
  type ReportTrendRow,
  type ReportTrends,
  type SleMetric,
  type Span,
  type TrendFigures,
  type TrendMetricId,
  type TrendWindows,
} from '@app/domain';
import type { Settings } from '../config/settings.js';
import type { Queryable } from './database.js';
import { sleDays } from './sle-history.repository.js';
import { sleSums, sleZone } from './sle-sums.js';
import { wanFigures } from './trends.repository.js';

/** Sites that get a table: the worst. More would be read by nobody, and mails have a size. */
const MAX_TABLES = 50;
const DAYS = 7;
const SLE_IDS: readonly SleMetric[] = SLE_METRICS.map(({ id }) => id);
/** WAN figures of a table; the others say the same in other words. */
const TABLE_FIGURES = ['utilization', 'loss', 'jitter', 'latency', 'availability'] as const;

export interface DegradedSite {
  readonly id: number;
  readonly name: string;
  readonly status: HealthStatus;
}

interface Asked {
  readonly orgId: number;
  readonly now: EpochMs;
  readonly settings: Pick<Settings, 'trends'>;
  /** Worst first. */
  readonly degraded: readonly DegradedSite[];
}

type DailyFigures = Map<number, Partial<Record<TrendMetricId, (number | null)[]>>>;

/** The trend section: the org's last 24 hours against those before, and seven days of the degraded sites. */
export async function loadReportTrends(db: Queryable, { orgId, now, settings, degraded }: Asked): Promise<ReportTrends> {
  const windows = trendWindows(now, 'day');
  const sites = degraded.slice(0, MAX_TABLES);
  const days = lastDays(now, await sleZone(db, orgId));
  const siteIds = sites.map(({ id }) => id);
  const percent = settings.trends.degradationPercent;
  const [org, changes, daily] = await Promise.all([
    wanFigures(db, { orgId, level: 'org', windows }),
    siteFigures(db, { orgId, siteIds, windows }),
    dailyFigures(db, { orgId, siteIds, days }),
  ]);
  const rowsOf = (siteId: number): ReportTrendRow[] => {
    const [before, after] = changes.get(siteId) ?? [{}, {}];
    return [...SLE_IDS, ...TABLE_FIGURES].flatMap((metric) => {
      const values = daily.get(siteId)?.[metric];
      const isKnown = values?.some((value) => value !== null) === true;
      return isKnown ? [{ values, trend: trendOf(metric, before[metric] ?? null, after[metric] ?? null, percent) }] : [];
    });
  };
  const ids = WAN_TREND_METRICS.map(({ id }) => id);
  return {
    end: windows.now.to,
    org: org.flatMap(({ now: today, before }) => trendsOf(ids, before, today, percent)),
    days: days.map(({ key }) => key),
    tables: sites.map(({ id, name, status }) => ({ siteName: name, status, rows: rowsOf(id) })),
    sitesLeftOut: degraded.length - sites.length,
  };
}

/** The seven local days that end with the running one. */
function lastDays(now: EpochMs, zone: string): Bucket[] {
  const today = bucketOf(now - 1, 'day', zone);
  return bucketsBetween(today.from - DAYS * DAY_MS, today.to, 'day', zone).slice(-DAYS);
}

/** Figures of these sites in the windows before and now. */
async function siteFigures(
  db: Queryable,
  { orgId, siteIds, windows }: { orgId: number; siteIds: readonly number[]; windows: TrendWindows },
): Promise<Map<number, [TrendFigures, TrendFigures]>> {
  const figures = new Map<number, [Record<string, number | null>, Record<string, number | null>]>();
  const of = (siteId: number): [Record<string, number | null>, Record<string, number | null>] => {
    const known = figures.get(siteId) ?? [{}, {}];
    figures.set(siteId, known);
    return known;
  };
  if (siteIds.length === 0) return figures;
  const [scores, wan] = await Promise.all([
    sleSums(db, { orgId, metrics: SLE_IDS, periods: [windows.before, windows.now], siteIds }),
    wanOfSites(db, orgId, siteIds, [windows.before, windows.now]),
  ]);
  for (const { siteId, metric, period, sums } of scores) of(siteId)[period === 0 ? 0 : 1][metric] = scoreOfSlePeriod(sums);
  for (const { siteId, period, ...values } of wan) Object.assign(of(siteId)[period === 0 ? 0 : 1], values);
  return figures;
}

async function dailyFigures(
  db: Queryable,
  { orgId, siteIds, days }: { orgId: number; siteIds: readonly number[]; days: readonly Span[] },
): Promise<DailyFigures> {
  const figures: DailyFigures = new Map();
  const put = (siteId: number, metric: TrendMetricId, day: number, value: number | null): void => {
    const site = figures.get(siteId) ?? {};
    figures.set(siteId, site);
    (site[metric] ??= days.map(() => null))[day] = value;
  };
  const [first, last] = [days[0], days.at(-1)];
  if (siteIds.length === 0 || first === undefined || last === undefined) return figures;
  const [scores, wan] = await Promise.all([
    sleDays(db, { orgId, siteIds, metrics: SLE_IDS, period: { from: first.from, to: last.to } }),
    wanOfSites(db, orgId, siteIds, days),
  ]);
  for (const { siteId, metric, start, sums } of scores) {
    const day = days.findIndex(({ from, to }) => from <= start && start < to);
    if (day >= 0) put(siteId, metric, day, scoreOfSlePeriod(sums));
  }
  for (const { siteId, period, ...values } of wan)
    for (const metric of TABLE_FIGURES) put(siteId, metric, period, values[metric]);
  return figures;
}

type TableFigures = Record<(typeof TABLE_FIGURES)[number], number | null>;

interface WanRow extends Omit<TableFigures, 'availability'> {
  readonly site_id: number;
  readonly period: number;
  readonly up_ms: number;
  readonly down_ms: number;
}

const weighted = (value: string, weight: string): string =>
  `sum(h.${value} * h.${weight}) / nullif(sum(h.${weight}) filter (where h.${value} is not null), 0)`;

/** WAN figures of a few sites over several periods, by the circuits they have; hours count for the site of their time. */
async function wanOfSites(
  db: Queryable,
  orgId: number,
  siteIds: readonly number[],
  periods: readonly Span[],
): Promise<(TableFigures & { readonly siteId: number; readonly period: number })[]> {
  const rows = await db.query<WanRow & Record<string, unknown>>(
    `select h.site_id, p.period, ${weighted('utilization_pct', 'covered_ms')} as utilization, ${weighted('loss_avg', 'loss_count')} as loss,
       ${weighted('jitter_avg', 'jitter_count')} as jitter, ${weighted('latency_avg', 'latency_count')} as latency,
       sum(h.up_ms)::float8 as up_ms, sum(h.down_ms)::float8 as down_ms
     from unnest($3::int[], $4::timestamptz[], $5::timestamptz[]) as p (period, low, high)
     cross join circuit c join circuit_hour h on h.org_id = $1 and h.circuit_id = c.id and h.hour >= p.low and h.hour < p.high and h.site_id = any($2)
     where c.org_id = $1 and c.site_id = any($2) group by 1, 2`,
    [
      orgId,
      siteIds,
      periods.map((_, index) => index),
      periods.map(({ from }) => new Date(from)),
      periods.map(({ to }) => new Date(to)),
    ],
  );
  return rows.map(({ site_id, period, up_ms, down_ms, utilization, loss, jitter, latency }) => ({
    siteId: site_id,
    period,
    utilization,
    loss,
    jitter,
    latency,
    availability: availabilityPct(up_ms, down_ms),
  }));
}
