import type { EpochMs, RuledHour, Severity, SlePoll, Span } from '@app/domain';
import { loadMemberships, type Queryable, type Row, type ThresholdSubject } from '@app/shared';

/** A circuit or site that rules may be about, where it stands now. */
export interface ReplayPlace {
  readonly siteId: number;
  readonly circuitId: number | null;
  /** Id that people know. */
  readonly id: string;
  readonly subject: ThresholdSubject;
  readonly provider: string | null;
  /** A circuit that carried something once; `false` for sites. */
  readonly isLive: boolean;
}

interface Asked {
  readonly orgId: number;
  readonly externalOrgId: string;
  readonly at: EpochMs;
}

interface CircuitRow extends Row {
  readonly id: number;
  readonly siteId: number;
  readonly mac: string;
  readonly portId: string;
  readonly isLive: boolean;
}

export async function readPlaces(db: Queryable, { orgId, externalOrgId, at }: Asked): Promise<ReplayPlace[]> {
  const sites = await db.query<{ id: number; externalId: string }>(
    'select id, external_id as "externalId" from site where org_id = $1 and removed_at is null order by id',
    [orgId],
  );
  const circuits = await db.query<CircuitRow>(
    'select id, site_id as "siteId", mac, port_id as "portId", is_live as "isLive" from circuit where org_id = $1 and not disabled order by id',
    [orgId],
  );
  const memberships = await loadMemberships(
    db,
    orgId,
    circuits.map(({ id }) => id),
  );
  const externalIds = new Map(sites.map(({ id, externalId }) => [id, externalId]));
  const placeOf = (siteId: number, circuit: CircuitRow | null): ReplayPlace[] => {
    const site = externalIds.get(siteId);
    if (site === undefined) return [];
    const { region, storeType, provider } = memberships.at(circuit?.id ?? 0, siteId, at);
    const { mac = null, portId = null } = circuit ?? {};
    return [
      {
        siteId,
        circuitId: circuit?.id ?? null,
        id: circuit === null ? site : `${circuit.mac}:${circuit.portId}`,
        subject: { orgId: externalOrgId, siteId: site, region, storeType, mac, portId },
        provider: circuit === null ? null : provider,
        isLive: circuit?.isLive ?? false,
      },
    ];
  };
  return [...sites.flatMap(({ id }) => placeOf(id, null)), ...circuits.flatMap((circuit) => placeOf(circuit.siteId, circuit))];
}

/** All stored hours of these circuits, also imported ones: history is what there is to try a rule on. */
export async function readCircuitHours(
  db: Queryable,
  orgId: number,
  { circuitIds, span }: { circuitIds: readonly number[]; span: Span },
): Promise<Map<number, RuledHour[]>> {
  const rows = await db.query<Omit<RuledHour, 'hour'> & Row & { circuitId: number; at: Date }>(
    `select circuit_id as "circuitId", hour as at, utilization_pct as utilization, loss_avg as loss, jitter_avg as jitter,
       latency_avg as latency, up_ms as "upMs", down_ms as "downMs", flaps
     from circuit_hour where org_id = $1 and circuit_id = any($2) and hour >= $3 and hour < $4 order by circuit_id, hour`,
    [orgId, circuitIds, new Date(span.from), new Date(span.to)],
  );
  const byCircuit = new Map<number, RuledHour[]>();
  for (const { circuitId, at, utilization, loss, jitter, latency, upMs, downMs, flaps } of rows) {
    const list = byCircuit.get(circuitId) ?? [];
    byCircuit.set(circuitId, list);
    list.push({ hour: at.getTime(), utilization, loss, jitter, latency, upMs, downMs, flaps });
  }
  return byCircuit;
}

/** Metric, then begin of the hour. */
export type HourlyScores = ReadonlyMap<string, ReadonlyMap<EpochMs, number | null>>;

interface AskedSites {
  readonly siteIds: readonly number[];
  readonly span: Span;
}

/** Hourly scores of service levels by site, metric and hour. */
export async function readScores(
  db: Queryable,
  orgId: number,
  { siteIds, metrics, span }: AskedSites & { readonly metrics: readonly string[] },
): Promise<Map<number, Map<string, Map<EpochMs, number | null>>>> {
  const rows = await db.query<{ siteId: number; metric: string; hour: Date; score: number | null }>(
    `select h.site_id as "siteId", h.metric, h.hour, h.score from unnest($2::int[]) as s (id) cross join unnest($3::text[]) as m (metric)
     join site_sle_hour h on h.org_id = $1 and h.site_id = s.id and h.metric = m.metric and h.hour >= $4 and h.hour < $5`,
    [orgId, siteIds, metrics, new Date(span.from), new Date(span.to)],
  );
  const bySite = new Map<number, Map<string, Map<EpochMs, number | null>>>();
  for (const { siteId, metric, hour, score } of rows) {
    const ofSite = bySite.get(siteId) ?? new Map<string, Map<EpochMs, number | null>>();
    const ofMetric = ofSite.get(metric) ?? new Map<EpochMs, number | null>();
    bySite.set(siteId, ofSite.set(metric, ofMetric.set(hour.getTime(), score)));
  }
  return bySite;
}

/** Polls of service levels by site, ascending, as long as they are kept one by one. */
export async function readPolls(db: Queryable, orgId: number, { siteIds, span }: AskedSites): Promise<Map<number, SlePoll[]>> {
  const rows = await db.query<{ siteId: number; metric: string; at: Date; score: number | null; numClients: number | null }>(
    `select site_id as "siteId", metric, at, score, num_clients as "numClients" from sle_sample
     where org_id = $1 and site_id = any($2) and at >= $3 and at < $4 order by site_id, at, metric`,
    [orgId, siteIds, new Date(span.from), new Date(span.to)],
  );
  const bySite = new Map<number, SlePoll[]>();
  for (const { siteId, at, ...score } of rows) {
    const polls = bySite.get(siteId) ?? [];
    bySite.set(siteId, polls);
    const last = polls.at(-1);
    if (last?.at === at.getTime()) polls[polls.length - 1] = { at: last.at, scores: [...last.scores, score] };
    else polls.push({ at: at.getTime(), scores: [score] });
  }
  return bySite;
}

/** An alert that there was. */
export interface StoredAlert {
  readonly id: number;
  /** As in `ReplayedAlert`. */
  readonly subject: string;
  readonly severity: Severity;
  readonly firedAt: EpochMs;
  readonly resolvedAt: EpochMs | null;
  readonly isTold: boolean;
}

/** Alerts of a rule that fired before the end of the span, and were not over before it. */
export async function readStoredAlerts(db: Queryable, orgId: number, rule: string, span: Span): Promise<StoredAlert[]> {
  const rows = await db.query<Omit<StoredAlert, 'firedAt' | 'resolvedAt'> & Row & { firedAt: Date; resolvedAt: Date | null }>(
    `select a.id, a.subject, a.severity, a.fired_at as "firedAt", a.resolved_at as "resolvedAt",
       exists (select 1 from incident_alert ia where ia.org_id = a.org_id and ia.alert_id = a.id and ia.told_at is not null) as "isTold"
     from alert a where a.org_id = $1 and a.rule = $2 and a.fired_at < $4 and a.since < $4 and (a.resolved_at is null or a.resolved_at >= $3) order by a.id`,
    [orgId, rule, new Date(span.from), new Date(span.to)],
  );
  return rows.map(({ id, subject, severity, firedAt, resolvedAt, isTold }) => ({
    id,
    subject,
    severity,
    firedAt: firedAt.getTime(),
    resolvedAt: resolvedAt?.getTime() ?? null,
    isTold,
  }));
}

/** Notices that receivers took about incidents that these alerts are in. */
export async function countSent(db: Queryable, orgId: number, alertIds: readonly number[]): Promise<number> {
  const [row] = await db.query<{ sent: number }>(
    `select count(*) as sent from delivery d where d.org_id = $1 and d.status in ('sent', 'digested')
       and d.incident_id in (select incident_id from incident_alert where org_id = $1 and alert_id = any($2))`,
    [orgId, alertIds],
  );
  return row?.sent ?? 0;
}
