import { NO_WAN_SUMS, type QualitySums, type Span, type WanSums } from '@app/domain';
import type { Queryable } from '../database.js';
import type { ReportFrame } from './period.js';

const METRICS = ['latency', 'jitter', 'loss'] as const;

const SUMS = `sum(d.facts)::float8 as hours, sum(d.up_ms)::float8 as up_ms, sum(d.down_ms)::float8 as down_ms,
  sum(d.util_weight_ms)::float8 as util_weight_ms, sum(d.util_sum) as util_sum, max(d.util_max) as util_max, coalesce(sum(d.flaps), 0)::float8 as flaps,
  ${METRICS.map(
    (metric) =>
      `sum(d.${metric}_count)::float8 as ${metric}_count, sum(d.${metric}_sum) as ${metric}_sum, max(d.${metric}_p95) as ${metric}_p95`,
  ).join(', ')}`;

type Metric = (typeof METRICS)[number];
type QualityRow = { readonly [K in `${Metric}_${'count' | 'sum'}`]: number } & { readonly [K in `${Metric}_p95`]: number | null };

interface SumsRow extends QualityRow {
  readonly hours: number | null;
  readonly up_ms: number;
  readonly down_ms: number;
  readonly util_weight_ms: number;
  readonly util_sum: number;
  readonly util_max: number | null;
  readonly flaps: number;
}

const qualityOf = (row: SumsRow, metric: Metric): QualitySums => ({
  count: row[`${metric}_count`],
  sum: row[`${metric}_sum`],
  worstDayP95: row[`${metric}_p95`],
});

function sumsOf(row: SumsRow): WanSums {
  if (row.hours === null) return NO_WAN_SUMS;
  return {
    ...NO_WAN_SUMS,
    hours: row.hours,
    upMs: row.up_ms,
    downMs: row.down_ms,
    utilWeightMs: row.util_weight_ms,
    utilSum: row.util_sum,
    utilMax: row.util_max,
    flaps: row.flaps,
    quality: { latency: qualityOf(row, 'latency'), jitter: qualityOf(row, 'jitter'), loss: qualityOf(row, 'loss') },
  };
}

const WHERE = `d.org_id = $1 and d.start >= $2 and d.start < $3 and ($4::text is null or d.region = $4) and ($5::integer is null or d.site_id = $5)
  and d.circuit_id not in (select id from circuit where org_id = $1 and disabled)`;
const values = (orgId: number, { from, to }: Span, { region, siteKey }: ReportFrame): unknown[] => [
  orgId,
  new Date(from),
  new Date(to),
  region,
  siteKey,
];

export interface CircuitSums {
  readonly circuit: number;
  readonly site: number;
  readonly region: string;
  readonly provider: string | null;
  readonly sums: WanSums;
}

/** Sums of each circuit over whole days, apart for each site, region and provider it had. */
export async function circuitSums(db: Queryable, orgId: number, frame: ReportFrame): Promise<CircuitSums[]> {
  const rows = await db.query<
    SumsRow & { circuit: number; site: number; region: string; provider: string | null; [column: string]: unknown }
  >(
    `select d.circuit_id as circuit, d.site_id as site, d.region, d.provider, ${SUMS} from circuit_day d where ${WHERE}
     group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
    values(orgId, frame.scope.period, frame),
  );
  return rows.map(({ circuit, site, region, provider, ...row }) => ({ circuit, site, region, provider, sums: sumsOf(row) }));
}

/** All circuits together over the period before. */
export async function sumsBefore(db: Queryable, orgId: number, frame: ReportFrame): Promise<WanSums> {
  const [row] = await db.query<SumsRow & { [column: string]: unknown }>(
    `select ${SUMS} from circuit_day d where ${WHERE}`,
    values(orgId, frame.scope.before, frame),
  );
  return row === undefined ? NO_WAN_SUMS : sumsOf(row);
}

/** All circuits together on each day of the period. */
export async function sumsByDay(db: Queryable, orgId: number, frame: ReportFrame): Promise<WanSums[]> {
  const rows = await db.query<SumsRow & { day: string; [column: string]: unknown }>(
    `select to_char(d.start at time zone $6, 'YYYY-MM-DD') as day, ${SUMS} from circuit_day d where ${WHERE} group by 1`,
    [...values(orgId, frame.scope.period, frame), frame.scope.zone],
  );
  const byDay = new Map(rows.map(({ day, ...row }) => [day, sumsOf(row)]));
  return frame.scope.days.map((day) => byDay.get(day) ?? NO_WAN_SUMS);
}
