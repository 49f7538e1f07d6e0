import {
  bucketsBetween,
  HOUR_MS,
  percentileCont,
  perThreshold,
  QUALITY_METRICS,
  stretchOfHours,
  mergeSums,
  NO_SUMS,
  type EpochMs,
  type FoldableHour,
  type QualityMetric,
  type Span,
  type StretchState,
  type Sums,
  type ThresholdsByKpi,
} from '@app/domain';
import type { Queryable } from '@app/shared';
import { epochMs } from '../facts/sql-time.js';
import type { ToldHour } from './rollups.fixture.js';

/** A stored hour with the groups it belongs to by the attributes of its time. */
export interface PlacedHour extends FoldableHour {
  readonly circuitId: number;
  readonly source: string;
  readonly region: string;
  readonly storeType: string | null;
  readonly provider: string | null;
  readonly values: Readonly<Record<QualityMetric, readonly number[]>> | null;
}

const QUALITY = QUALITY_METRICS.map(
  (metric) =>
    `json_build_object('count', ${metric}_count, 'avg', ${metric}_avg, 'max', ${metric}_max, 'p95', ${metric}_p95) as ${metric}`,
).join(', ');

/** The newest attribute at the hour, of the best source that says something: found hour by hour. */
const attribute = (table: string, id: string, column: string): string =>
  `(select a.${column} from ${table} a where a.org_id = h.org_id and a.${id} = h.${id} and a.since <= h.hour and a.${column} is not null
    order by array_position(array['configured', 'traffic_shaping', 'mist'], a.source), a.since desc limit 1)`;

/** Every stored hour, each looked up for itself. */
export async function placedHours(db: Queryable, told: readonly ToldHour[]): Promise<PlacedHour[]> {
  const keyOf = (circuitId: number, hour: EpochMs, { upMs, downMs }: { upMs: number; downMs: number }): string =>
    [circuitId, hour, upMs, downMs].join(' ');
  const values = new Map(told.map((each) => [keyOf(each.circuitId, each.fact.hour, each.fact), each.values]));
  const rows = await db.query<PlacedHour>(
    `select circuit_id as "circuitId", source, round(${epochMs('hour')}) as hour, rx_bytes as "rxBytes", tx_bytes as "txBytes", covered_ms as "coveredMs",
       utilization_pct as "utilizationPct", peak_utilization_pct as "peakUtilizationPct", up_ms as "upMs", down_ms as "downMs", flaps, ${QUALITY},
       coalesce(${attribute('site_attribute', 'site_id', 'region')},
         (select country_code from site s where s.org_id = h.org_id and s.id = h.site_id), 'Unassigned') as region,
       ${attribute('site_attribute', 'site_id', 'store_type')} as "storeType", ${attribute('circuit_attribute', 'circuit_id', 'provider')} as provider
     from circuit_hour h order by circuit_id, hour`,
  );
  return rows.map((row) => ({
    ...row,
    values: row.source === 'samples' ? (values.get(keyOf(row.circuitId, row.hour, row)) ?? null) : null,
  }));
}

/** What is expected of one circuit or group in one period. */
export interface Expected {
  readonly sums: Sums;
  readonly above: Readonly<Record<string, Readonly<Record<string, { longest: number; total: number }>>>>;
  readonly circuits: number;
  /** All hourly values, and all quality values that were at hand. */
  readonly utilization: readonly number[];
  readonly values: Readonly<Record<QualityMetric, readonly number[]>>;
  /** The p95 of the one measured hour, where there is one only. */
  readonly only: Readonly<Record<QualityMetric, number | null>>;
}

/** Hours of one circuit that count, in one period. */
export const stretchExpected = (hours: readonly PlacedHour[], span: Span, thresholds: ThresholdsByKpi): StretchState =>
  stretchOfHours(hours, span, thresholds);

export function expectedOf(hours: readonly PlacedHour[], span: Span, thresholds: ThresholdsByKpi): Expected {
  const circuits = [...new Set(hours.map(({ circuitId }) => circuitId))];
  const stretches = circuits.map((id) =>
    stretchExpected(
      hours.filter(({ circuitId }) => circuitId === id),
      span,
      thresholds,
    ),
  );
  const only = (metric: QualityMetric): number | null => {
    const measured = hours.filter((hour) => hour[metric].count > 0);
    return measured.length === 1 ? (measured[0]?.[metric].p95 ?? null) : null;
  };
  return {
    sums: stretches.reduce<Sums>(mergeSums, NO_SUMS),
    above: perThreshold((kpi, level) => ({
      longest: Math.max(...stretches.map(({ above }) => above[kpi][level].longest)),
      total: stretches.reduce((sum, { above }) => sum + above[kpi][level].total, 0),
    })),
    circuits: circuits.length,
    utilization: hours.flatMap(({ utilizationPct }) => utilizationPct ?? []),
    values: {
      latency: hours.flatMap(({ values }) => values?.latency ?? []),
      jitter: hours.flatMap(({ values }) => values?.jitter ?? []),
      loss: hours.flatMap(({ values }) => values?.loss ?? []),
    },
    only: { latency: only('latency'), jitter: only('jitter'), loss: only('loss') },
  };
}

/** Hours by calendar bucket in which they start; only buckets that ended, but for days. */
export function byBucket(
  hours: readonly PlacedHour[],
  { grain, zone, now }: { grain: 'day' | 'week' | 'month'; zone: string; now: EpochMs },
): { span: Span; hours: PlacedHour[] }[] {
  const all = hours.map(({ hour }) => hour);
  return bucketsBetween(Math.min(...all), Math.max(...all) + HOUR_MS, grain, zone)
    .filter(({ to }) => grain === 'day' || to <= now)
    .map((span) => ({ span, hours: hours.filter(({ hour }) => span.from <= hour && hour < span.to) }))
    .filter((bucket) => bucket.hours.length > 0);
}

export const p95 = (values: readonly number[]): number | null => percentileCont(values, 0.95);
