import { HOUR_MS, type AlertRuleId, type EpochMs, type RuledHour, type Span } from '@app/domain';
import type { Queryable } from '@app/shared';

/** From which figures on an hour may be bad for any rule; Infinity = no rule asks for it. */
export interface Floors {
  readonly utilization: number;
  readonly loss: number;
  readonly jitter: number;
  readonly latency: number;
  /** Whether time down and flaps matter to any rule. */
  readonly isDownAsked: boolean;
}

/** Circuits with a bad hour in the span, by the key of facts by the hour. */
export async function circuitsWithBadHours(db: Queryable, orgId: number, span: Span, floors: Floors): Promise<number[]> {
  const floor = (value: number): number => (Number.isFinite(value) ? value : Number.MAX_VALUE);
  const rows = await db.query<{ id: number }>(
    `select distinct circuit_id as id from circuit_hour
     where org_id = $1 and hour >= $2 and hour < $3 and source <> 'imported' and (utilization_pct >= $4 or loss_avg >= $5 or jitter_avg >= $6
       or latency_avg >= $7 or ($8 and (down_ms > 0 or flaps > 0)))`,
    [
      orgId,
      new Date(span.from),
      new Date(span.to),
      ...[floors.utilization, floors.loss, floors.jitter, floors.latency].map(floor),
      floors.isDownAsked,
    ],
  );
  return rows.map(({ id }) => id);
}

export const liveCircuits = async (db: Queryable, orgId: number): Promise<number[]> => {
  const rows = await db.query<{ id: number }>('select id from circuit where org_id = $1 and is_live and not disabled', [orgId]);
  return rows.map(({ id }) => id);
};

export interface OpenOfRule {
  readonly rule: AlertRuleId;
  readonly siteId: number | null;
  readonly siteName: string;
  readonly circuitId: number | null;
}

/** Open alerts of these rules. */
export const openAlertsOf = (db: Queryable, orgId: number, rules: readonly AlertRuleId[]): Promise<OpenOfRule[]> =>
  db.query<OpenOfRule>(
    `select rule, site_id as "siteId", circuit_id as "circuitId", coalesce(details->>'siteName', subject) as "siteName"
     from alert where org_id = $1 and status <> 'resolved' and rule = any($2)`,
    [orgId, rules],
  );

interface HourRow extends Omit<RuledHour, 'hour'> {
  readonly circuit_id: number;
  readonly hour: Date;
}

/** Hours of these circuits that were measured, ascending. What an import brought alarms nobody, and so it is as if it were not there. */
export async function hoursOfCircuits(
  db: Queryable,
  orgId: number,
  circuitIds: readonly number[],
  { from, to }: Span,
): Promise<Map<number, RuledHour[]>> {
  const rows = await db.query<HourRow>(
    `select h.circuit_id, h.hour, h.utilization_pct as utilization, h.loss_avg as loss, h.jitter_avg as jitter, h.latency_avg as latency,
       h.up_ms as "upMs", h.down_ms as "downMs", h.flaps
     from circuit_hour h join circuit c on c.org_id = h.org_id and c.id = h.circuit_id
     where h.org_id = $1 and h.circuit_id = any($2) and h.hour >= $3 and h.hour < $4 and h.source <> 'imported'
       and h.hour > coalesce(c.last_imported_at, '-infinity')
     order by h.circuit_id, h.hour`,
    [orgId, circuitIds, new Date(from), new Date(to)],
  );
  const byCircuit = new Map<number, RuledHour[]>();
  for (const { circuit_id: id, hour, ...figures } of rows) {
    const list = byCircuit.get(id);
    const each = { ...figures, hour: hour.getTime() };
    if (list === undefined) byCircuit.set(id, [each]);
    else list.push(each);
  }
  return byCircuit;
}

/** Scores of service levels by site, metric and hour. */
export async function scoresOfSites(
  db: Queryable,
  orgId: number,
  { metrics, span }: { metrics: readonly string[]; span: Span },
): Promise<Map<number, Map<string, Map<EpochMs, number | null>>>> {
  if (metrics.length === 0) return new Map();
  const rows = await db.query<{ siteId: number; metric: string; hour: Date; score: number | null }>(
    `select h.site_id as "siteId", h.metric, h.hour, h.score from site s cross join unnest($2::text[]) as m (metric)
     join site_sle_hour h on h.org_id = s.org_id and h.site_id = s.id and h.metric = m.metric and h.hour >= $3 and h.hour < $4
     where s.org_id = $1 and s.removed_at is null and s.observed_at is not null`,
    [orgId, metrics, new Date(span.from), new Date(span.to)],
  );
  const bySite = new Map<number, Map<string, Map<EpochMs, number | null>>>();
  for (const { siteId, metric, hour, score } of rows) {
    const ofSite = bySite.get(siteId) ?? new Map<string, Map<EpochMs, number | null>>();
    const ofMetric = ofSite.get(metric) ?? new Map<EpochMs, number | null>();
    bySite.set(siteId, ofSite.set(metric, ofMetric.set(hour.getTime(), score)));
  }
  return bySite;
}

/** Whole hours of a span. */
export const hoursOf = ({ from, to }: Span): EpochMs[] =>
  Array.from({ length: Math.max(0, Math.round((to - from) / HOUR_MS)) }, (_, i) => from + i * HOUR_MS);
