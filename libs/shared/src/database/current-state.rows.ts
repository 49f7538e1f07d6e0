import type { AttributeSource, BandwidthSource, CircuitRole, Severity } from '@app/domain';
import { BY_TRUST } from './attribute-order.js';
import type { Queryable } from './database.js';

/** What is known of sites and circuits now, as it is stored: one set-based query each, whatever the size of the org. */
export interface SiteRow {
  readonly id: number;
  readonly externalId: string;
  readonly name: string | null;
  readonly region: string | null;
  readonly storeType: string | null;
  readonly countryCode: string | null;
  readonly timezone: string | null;
  /** Newest reading of its gateways, when all of them were disconnected; else `null`. */
  readonly cutOffSeenAt: Date | null;
}

export interface CircuitStateRow {
  readonly id: number;
  readonly siteId: number;
  readonly mac: string;
  readonly portId: string;
  readonly name: string | null;
  readonly role: CircuitRole | null;
  readonly roleSource: AttributeSource | null;
  readonly provider: string | null;
  readonly type: string | null;
  readonly bandwidthDownMbps: number | null;
  readonly bandwidthUpMbps: number | null;
  readonly bandwidthSource: BandwidthSource | null;
  readonly disabled: boolean;
  readonly state: 'up' | 'down' | null;
  readonly stateSince: Date | null;
  readonly observedAt: Date | null;
}

export interface RecentHourRow {
  readonly circuitId: number;
  readonly hour: Date;
  readonly utilizationPct: number | null;
  readonly latencyAvg: number | null;
  readonly jitterAvg: number | null;
  readonly lossAvg: number | null;
}

export interface SiteSleRow {
  readonly siteId: number;
  readonly metric: string;
  readonly at: Date;
  readonly score: number | null;
  readonly severity: Severity;
  readonly title: string;
  readonly text: string;
  readonly classifiers: readonly unknown[] | null;
}

export interface PollFailureRow {
  readonly kind: string;
  readonly failureCode: string;
  readonly failureReason: string | null;
  readonly failedAt: Date | null;
  readonly failures: number;
}

/** A failover that goes on. */
export interface OpenFailoverRow {
  readonly id: number;
  readonly siteId: number;
  readonly primaryId: number;
  /** The circuit that carries the site now. */
  readonly activeId: number;
  readonly startedAt: Date;
}

interface Asked {
  readonly orgId: number;
  readonly now: Date;
  /** One site alone, by its external id; `null` = all. */
  readonly site: string | null;
}

/** Later dates before earlier ones; each key on its own. */
const ORDER = `order by ${BY_TRUST}, since desc`;
const valid = (column: string): string => `(array_agg(${column} ${ORDER}) filter (where ${column} is not null))[1]`;

/** The key of the one site that is asked for. Narrowed to it at every place: a site must not cost what its organization does. */
const SITE = '(select id from site where org_id = $1 and external_id = $3)';
const valuesOf = ({ orgId, now, site }: Asked): unknown[] => (site === null ? [orgId, now] : [orgId, now, site]);

export function siteRows(db: Queryable, asked: Asked): Promise<SiteRow[]> {
  const narrowed = asked.site === null ? '' : `and site_id = ${SITE}`;
  return db.query<SiteRow>(
    `with a as (select site_id, ${valid('region')} as region, ${valid('store_type')} as store_type
       from site_attribute where org_id = $1 and since <= $2 ${narrowed} group by site_id)
     select s.id, s.external_id as "externalId", s.name, a.region, a.store_type as "storeType", s.country_code as "countryCode", s.timezone, g.seen as "cutOffSeenAt"
     from site s left join a on a.site_id = s.id
     left join (select site_id, max(observed_at) as seen from device where org_id = $1 and type = 'gateway' ${narrowed} group by site_id
       having bool_and(connected = false)) g on g.site_id = s.id
     where s.org_id = $1 and s.removed_at is null ${asked.site === null ? '' : 'and s.external_id = $3'} order by s.id`,
    valuesOf(asked),
  );
}

const circuitsOf = ({ site }: Asked): string =>
  site === null ? '' : `and circuit_id in (select id from circuit where org_id = $1 and site_id = ${SITE})`;

export function circuitRows(db: Queryable, asked: Asked): Promise<CircuitStateRow[]> {
  return db.query<CircuitStateRow>(
    `with a as (select circuit_id, ${valid('name')} as name, ${valid('role')} as role, ${valid('provider')} as provider, ${valid('type')} as type,
         ${valid('bandwidth_down_mbps')} as down, ${valid('bandwidth_up_mbps')} as up,
         (array_agg(source ${ORDER}) filter (where coalesce(bandwidth_down_mbps, bandwidth_up_mbps) is not null))[1] as source,
         (array_agg(source ${ORDER}) filter (where role is not null))[1] as role_source
       from circuit_attribute where org_id = $1 and since <= $2 and until > $2 ${circuitsOf(asked)} group by circuit_id)
     select c.id, c.site_id as "siteId", c.mac, c.port_id as "portId", coalesce(a.name, c.wan_name) as name, a.role, a.role_source as "roleSource", a.provider, a.type,
       nullif(a.down, 0) as "bandwidthDownMbps", nullif(a.up, 0) as "bandwidthUpMbps", a.source as "bandwidthSource", c.disabled,
       case when d.connected is not false then c.state end as state, c.state_since as "stateSince", greatest(c.state_at, c.last_observed_at) as "observedAt"
     from circuit c join site s on s.org_id = c.org_id and s.id = c.site_id left join a on a.circuit_id = c.id
     left join device d on d.org_id = c.org_id and d.mac = c.mac
     where c.org_id = $1 and s.removed_at is null ${asked.site === null ? '' : `and c.site_id = ${SITE}`} order by c.site_id, c.mac, c.port_id`,
    valuesOf(asked),
  );
}

/** The facts of the last three closed hours, newest first. */
export function recentHours(db: Queryable, asked: Asked): Promise<RecentHourRow[]> {
  return db.query<RecentHourRow>(
    `select h.circuit_id as "circuitId", h.hour, h.utilization_pct as "utilizationPct", h.latency_avg as "latencyAvg", h.jitter_avg as "jitterAvg",
       h.loss_avg as "lossAvg"
     from circuit_hour h
     where h.org_id = $1 and h.hour >= date_trunc('hour', $2::timestamptz, 'UTC') - interval '3 hours' and h.hour < date_trunc('hour', $2::timestamptz, 'UTC')
       ${circuitsOf(asked)}
     order by h.circuit_id, h.hour desc`,
    valuesOf(asked),
  );
}

export function openFailovers(db: Queryable, { orgId, site }: Asked): Promise<OpenFailoverRow[]> {
  return db.query<OpenFailoverRow>(
    `select f.id, f.site_id as "siteId", f.primary_id as "primaryId", coalesce((f.changes -> -1 ->> 'circuitId')::int, f.backup_id) as "activeId",
       f.started_at as "startedAt"
     from failover f where f.org_id = $1 and f.ended_at is null and ($2::text is null or f.site_id = (select id from site where org_id = $1 and external_id = $2))
     order by f.started_at, f.primary_id`,
    [orgId, site],
  );
}

export function siteSleRows(db: Queryable, { orgId, site }: Asked): Promise<SiteSleRow[]> {
  return db.query<SiteSleRow>(
    `select q.site_id as "siteId", q.metric, q.at, q.score, q.severity, q.title, q.text, d.classifiers
     from site_sle q join site s on s.org_id = q.org_id and s.id = q.site_id
     left join sle_detail d on d.org_id = q.org_id and d.site_id = q.site_id and d.metric = q.metric
     where q.org_id = $1 and s.removed_at is null and ($2::text is null or s.external_id = $2) order by q.site_id, q.metric`,
    [orgId, site],
  );
}

/** The kinds of data whose last poll failed, or was left out because another kind's refusal stopped the org; the latter count no failures of their own. */
export function pollFailures(db: Queryable, orgId: number): Promise<PollFailureRow[]> {
  return db.query<PollFailureRow>(
    `select kind, failure_code as "failureCode", failure_reason as "failureReason", failed_at as "failedAt", failures
     from poll_state where org_id = $1 and failure_code is not null order by kind`,
    [orgId],
  );
}
