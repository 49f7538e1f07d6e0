import { availabilityPct, UNASSIGNED_REGION, type TrendFigures, type TrendWindows } from '@app/domain';
import type { Queryable } from './database.js';

export const WAN_TREND_LEVELS = ['circuit', 'site', 'region', 'org'] as const;
export type WanTrendLevel = (typeof WAN_TREND_LEVELS)[number];

export interface AskedWanFigures {
  readonly orgId: number;
  readonly level: WanTrendLevel;
  readonly windows: TrendWindows;
  /** Of one circuit, or of the circuits of one site. */
  readonly only?: { readonly circuitId: number } | { readonly siteId: number };
}

/** Figures of one subject in both windows. `key`: the circuit's or site's number, the region's name, or empty for the org. */
export interface WanFigures {
  readonly key: string;
  readonly now: TrendFigures;
  readonly before: TrendFigures;
  readonly factsNow: number;
  readonly factsBefore: number;
}

interface Row {
  readonly key: string;
  readonly is_now: boolean;
  readonly facts: number;
  readonly utilization: number | null;
  readonly utilization_max: number | null;
  readonly utilization_p95: number | null;
  readonly loss: number | null;
  readonly jitter: number | null;
  readonly latency: number | null;
  readonly up_ms: number;
  readonly down_ms: number;
  readonly flaps: number | null;
}

const KEYS: Readonly<Record<WanTrendLevel, string>> = {
  circuit: 'h.circuit_id::text',
  site: 'h.site_id::text',
  region: 'r.region',
  org: `''`,
};

/** Regions of sites by time, cut where a dated attribute begins inside the windows. */
const REGIONS = `
  edge as (
    select s.id as site_id, nullif(s.country_code, '') as country, e.at from site s cross join lateral (
      select $2::timestamptz as at union select $4::timestamptz
      union select a.since from site_attribute a where a.org_id = $1 and a.site_id = s.id and a.region is not null
        and a.since > least($2::timestamptz, $4::timestamptz) and a.since < greatest($3::timestamptz, $5::timestamptz)) e
    where s.org_id = $1),
  region as (
    select site_id, at as from_at, lead(at, 1, 'infinity') over (partition by site_id order by at) as to_at, coalesce((
      select a.region from site_attribute a where a.org_id = $1 and a.site_id = edge.site_id and a.region is not null and a.since <= edge.at
      order by a.source = 'configured' desc, a.since desc limit 1), country, '${UNASSIGNED_REGION}') as region from edge),`;

const HOUR = `h.circuit_id, h.site_id, h.hour, h.utilization_pct, h.covered_ms, h.latency_avg, h.latency_count, h.jitter_avg, h.jitter_count,
  h.loss_avg, h.loss_count, h.up_ms, h.down_ms, h.flaps`;

/** A site's circuits: those it has, and those that were there then. */
const ONLY = {
  circuit: 'and h.circuit_id = $6',
  site: `and h.site_id = $6 and h.circuit_id in (
    select c.id from circuit c where c.org_id = $1 and c.site_id = $6
    union select d.circuit_id from circuit_day d where d.org_id = $1 and d.site_id = $6
      and d.start >= least($2::timestamptz, $4::timestamptz) - interval '25 hours' and d.start < greatest($3::timestamptz, $5::timestamptz))`,
  all: '',
} as const;

const weighted = (value: string, weight: string): string =>
  `sum(h.${value} * h.${weight}) / nullif(sum(h.${weight}) filter (where h.${value} is not null), 0)`;

const figuresSql = (level: WanTrendLevel, only: keyof typeof ONLY): string => `
  with ${level === 'region' ? REGIONS : ''} hour as (
    select true as is_now, ${HOUR} from circuit_hour h where h.org_id = $1 and h.hour >= $2 and h.hour < $3 ${ONLY[only]}
    union all
    select false, ${HOUR} from circuit_hour h where h.org_id = $1 and h.hour >= $4 and h.hour < $5 ${ONLY[only]})
  select ${KEYS[level]} as key, h.is_now, count(*)::int as facts, ${weighted('utilization_pct', 'covered_ms')} as utilization,
    max(h.utilization_pct) as utilization_max, percentile_cont(0.95) within group (order by h.utilization_pct) as utilization_p95,
    ${weighted('loss_avg', 'loss_count')} as loss, ${weighted('jitter_avg', 'jitter_count')} as jitter,
    ${weighted('latency_avg', 'latency_count')} as latency, sum(h.up_ms)::float8 as up_ms, sum(h.down_ms)::float8 as down_ms, sum(h.flaps)::int as flaps
  from hour h ${level === 'region' ? 'join region r on r.site_id = h.site_id and h.hour >= r.from_at and h.hour < r.to_at' : ''}
  group by 1, 2`;

const figuresOf = ({ up_ms, down_ms, key: _key, is_now: _isNow, facts: _facts, ...figures }: Row): TrendFigures => ({
  ...figures,
  availability: availabilityPct(up_ms, down_ms),
});

/** Figures of circuits, sites, regions or the org, exact over the hours of both windows; each hour counts for the site and region of its time. */
export async function wanFigures(db: Queryable, { orgId, level, windows, only }: AskedWanFigures): Promise<WanFigures[]> {
  const { now, before } = windows;
  const [kind, key] =
    only === undefined
      ? (['all'] as const)
      : 'circuitId' in only
        ? (['circuit', only.circuitId] as const)
        : (['site', only.siteId] as const);
  const values = [
    orgId,
    ...[now.from, now.to, before.from, before.to].map((at) => new Date(at)),
    ...(key === undefined ? [] : [key]),
  ];
  const rows = await db.query<Row>(figuresSql(level, kind), values);
  const byKey = new Map<string, { now?: Row; before?: Row }>();
  for (const row of rows) byKey.set(row.key, { ...byKey.get(row.key), [row.is_now ? 'now' : 'before']: row });
  return [...byKey].map(([subject, rowsOf]) => ({
    key: subject,
    now: rowsOf.now === undefined ? {} : figuresOf(rowsOf.now),
    before: rowsOf.before === undefined ? {} : figuresOf(rowsOf.before),
    factsNow: rowsOf.now?.facts ?? 0,
    factsBefore: rowsOf.before?.facts ?? 0,
  }));
}
