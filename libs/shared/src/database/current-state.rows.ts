import type { AttributeSource, BandwidthSource, CircuitRole, Severity } from '@app/domain';
import { BY_TRUST } from './attribute-order.js';
import type { Queryable } from './database.js';
import { prepared } from './prepared.js';

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
}

/** All that the current state is made of. */
export interface CurrentStateRows {
  readonly orgs: readonly { readonly id: string; readonly name: string | null }[];
  readonly sites: readonly SiteRow[];
  readonly circuits: readonly CircuitStateRow[];
  readonly hours: readonly RecentHourRow[];
  readonly failovers: readonly OpenFailoverRow[];
  readonly sle: readonly SiteSleRow[];
  readonly failures: readonly PollFailureRow[];
}

/** Later dates before earlier ones; each key on its own. */
const ORDER = `order by ${BY_TRUST}, since desc`;
const valid = (column: string): string => `(array_agg(${column} ${ORDER}) filter (where ${column} is not null))[1]`;

/** All sites, or one: `$1` is the org, `$2` the time, `$3` the external id of the one. */
type Of = 'all' | 'one';

/** The key of the one site that is asked for. Narrowed to it at every place: a site must not cost what its organization does. */
const SITE = '(select id from site where org_id = $1 and external_id = $3)';
const narrowed = (of: Of, sql: string): string => (of === 'all' ? '' : sql);

const sitesSql = (of: Of): string =>
  `with a as materialized (select site_id, ${valid('region')} as region, ${valid('store_type')} as store_type
     from site_attribute where org_id = $1 and since <= $2 ${narrowed(of, `and site_id = ${SITE}`)} group by site_id)
   select s.id, s.external_id as "externalId", s.name, a.region, a.store_type as "storeType", s.country_code as "countryCode", s.timezone, g.seen as "cutOffSeenAt"
   from site s left join a on a.site_id = s.id
   left join (select site_id, max(observed_at) as seen from device where org_id = $1 and type = 'gateway' ${narrowed(of, `and site_id = ${SITE}`)} group by site_id
     having bool_and(connected = false)) g on g.site_id = s.id
   where s.org_id = $1 and s.removed_at is null ${narrowed(of, 'and s.external_id = $3')} order by s.id`;

const circuitsOf = (of: Of): string =>
  narrowed(of, `and circuit_id in (select id from circuit where org_id = $1 and site_id = ${SITE})`);

const circuitsSql = (of: Of): string =>
  `with a as materialized (select circuit_id, ${valid('name')} as name, ${valid('role')} as role, ${valid('provider')} as provider, ${valid('type')} as type,
       ${valid('bandwidth_down_mbps')} as down, ${valid('bandwidth_up_mbps')} as up,
       (array_agg(source ${ORDER}) filter (where coalesce(bandwidth_down_mbps, bandwidth_up_mbps) is not null))[1] as source,
       (array_agg(source ${ORDER}) filter (where role is not null))[1] as role_source
     from circuit_attribute where org_id = $1 and since <= $2 and until > $2 ${circuitsOf(of)} group by circuit_id)
   select c.id, c.site_id as "siteId", c.mac, c.port_id as "portId", coalesce(a.name, c.wan_name) as name, a.role, a.role_source as "roleSource", a.provider, a.type,
     nullif(a.down, 0) as "bandwidthDownMbps", nullif(a.up, 0) as "bandwidthUpMbps", a.source as "bandwidthSource", c.disabled,
     case when d.connected is not false then c.state end as state, c.state_since as "stateSince", greatest(c.state_at, c.last_observed_at) as "observedAt"
   from circuit c join site s on s.org_id = c.org_id and s.id = c.site_id left join a on a.circuit_id = c.id
   left join device d on d.org_id = c.org_id and d.mac = c.mac
   where c.org_id = $1 and s.removed_at is null ${narrowed(of, `and c.site_id = ${SITE}`)} order by c.site_id, c.mac, c.port_id`;

/** The facts of the last three closed hours, newest first. */
const hoursSql = (of: Of): string =>
  `select h.circuit_id as "circuitId", h.hour, h.utilization_pct as "utilizationPct", h.latency_avg as "latencyAvg", h.jitter_avg as "jitterAvg",
     h.loss_avg as "lossAvg"
   from circuit_hour h
   where h.org_id = $1 and h.hour >= date_trunc('hour', $2::timestamptz, 'UTC') - interval '3 hours' and h.hour < date_trunc('hour', $2::timestamptz, 'UTC')
     ${circuitsOf(of)}
   order by h.circuit_id, h.hour desc`;

const failoversSql = (of: Of): string =>
  `select f.id, f.site_id as "siteId", f.primary_id as "primaryId", coalesce((f.changes -> -1 ->> 'circuitId')::int, f.backup_id) as "activeId",
     f.started_at as "startedAt"
   from failover f where f.org_id = $1 and f.ended_at is null ${narrowed(of, `and f.site_id = ${SITE}`)}
   order by f.started_at, f.primary_id`;

const sleSql = (of: Of): string =>
  `select q.site_id as "siteId", q.metric, q.at, q.score, q.severity, q.title, q.text, d.classifiers
   from site_sle q join site s on s.org_id = q.org_id and s.id = q.site_id
   left join sle_detail d on d.org_id = q.org_id and d.site_id = q.site_id and d.metric = q.metric
   where q.org_id = $1 and s.removed_at is null ${narrowed(of, 'and s.external_id = $3')} order by q.site_id, q.metric`;

const ORG_SQL = 'select external_id as id, name from org where id = $1';

/** The kinds of data whose last poll failed, or was left out because another kind's refusal stopped the org; the latter count no failures of their own. */
const FAILURES_SQL = `select kind, failure_code as "failureCode", failure_reason as "failureReason", failed_at as "failedAt", failures
   from poll_state where org_id = $1 and failure_code is not null order by kind`;

/** Sites of an org with what is known of them themselves. */
export const siteRows = (db: Queryable, { orgId, now }: Asked): Promise<SiteRow[]> =>
  db.query<SiteRow>(sitesSql('all'), [orgId, now]);

/** What the state of a whole org is made of. */
export async function orgStateRows(db: Queryable, asked: Asked): Promise<CurrentStateRows> {
  const { orgId, now } = asked;
  const [orgs, sites, circuits, hours, failovers, sle, failures] = await Promise.all([
    db.query<CurrentStateRows['orgs'][number]>(ORG_SQL, [orgId]),
    siteRows(db, asked),
    db.query<CircuitStateRow>(circuitsSql('all'), [orgId, now]),
    db.query<RecentHourRow>(hoursSql('all'), [orgId, now]),
    db.query<OpenFailoverRow>(failoversSql('all'), [orgId]),
    db.query<SiteSleRow>(sleSql('all'), [orgId]),
    db.query<PollFailureRow>(FAILURES_SQL, [orgId]),
  ]);
  return { orgs, sites, circuits, hours, failovers, sle, failures };
}

const ONE_SITE: Readonly<Record<keyof CurrentStateRows, string>> = {
  orgs: ORG_SQL,
  sites: sitesSql('one'),
  circuits: circuitsSql('one'),
  hours: hoursSql('one'),
  failovers: failoversSql('one'),
  sle: sleSql('one'),
  failures: FAILURES_SQL,
};

/** Seven statements about a handful of rows each: the ways there and back took longer than the answers. */
const ONE_SITE_SQL = prepared(
  `select ${Object.entries(ONE_SITE)
    .map(([name, sql]) => `(select coalesce(json_agg(r), '[]') from (${sql}) r) as ${name}`)
    .join(', ')}`,
);

/** Columns of times, which JSON has as texts. */
const TIMES = new Set(['cutOffSeenAt', 'observedAt', 'stateSince', 'hour', 'startedAt', 'at', 'failedAt']);

const withTimes = (row: object): object =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]: [string, unknown]) => [
      name,
      TIMES.has(name) && typeof value === 'string' ? new Date(value) : value,
    ]),
  );

/** What the state of one site alone is made of, by its external id, in one question. */
export async function siteStateRows(db: Queryable, { orgId, now }: Asked, site: string): Promise<CurrentStateRows> {
  const [row] = await db.query<Record<string, object[]>>(ONE_SITE_SQL, [orgId, now, site]);
  return Object.fromEntries(
    Object.keys(ONE_SITE).map((name) => [name, (row?.[name] ?? []).map(withTimes)]),
  ) as unknown as CurrentStateRows;
}
