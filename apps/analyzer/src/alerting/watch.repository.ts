import type { AlertRuleId, EpochMs, Severity } from '@app/domain';
import type { Queryable } from '@app/shared';

/** An open alert of a rule that looks at silence, and what its last answer was. */
export interface WatchedAlert {
  readonly rule: AlertRuleId;
  readonly subject: string;
  readonly siteId: number | null;
  readonly circuitId: number | null;
  readonly siteName: string;
  readonly isBad: boolean;
  readonly severity: Severity;
}

export const watchedAlerts = (db: Queryable, orgId: number, rules: readonly AlertRuleId[]): Promise<WatchedAlert[]> =>
  db.query<WatchedAlert>(
    `select rule, subject, site_id as "siteId", circuit_id as "circuitId", severity, coalesce(details->>'siteName', subject) as "siteName",
       coalesce((state->>'breached')::bool, false) as "isBad"
     from alert where org_id = $1 and status <> 'resolved' and rule = any($2)`,
    [orgId, rules],
  );

/** How the polls of one kind of data stand. */
export interface PollStanding {
  readonly kind: string;
  readonly committedAt: EpochMs | null;
  readonly failureCode: string | null;
  readonly failedAt: EpochMs | null;
  readonly failures: number;
}

export async function pollStandings(db: Queryable, orgId: number): Promise<{ since: EpochMs; polls: PollStanding[] }> {
  const [org] = await db.query<{ created_at: Date }>('select created_at from org where id = $1', [orgId]);
  const rows = await db.query<{
    kind: string;
    committed_at: Date | null;
    failure_code: string | null;
    failed_at: Date | null;
    failures: number;
  }>('select kind, committed_at, failure_code, failed_at, failures from poll_state where org_id = $1 order by kind', [orgId]);
  return {
    since: org?.created_at.getTime() ?? 0,
    polls: rows.map((row) => ({
      kind: row.kind,
      committedAt: row.committed_at?.getTime() ?? null,
      failureCode: row.failure_code,
      failedAt: row.failed_at?.getTime() ?? null,
      failures: row.failures,
    })),
  };
}

/** When the last stored polls of this kind were made, the newest first. */
export async function lastPolls(db: Queryable, orgId: number, kind: string, count: number): Promise<EpochMs[]> {
  const rows = await db.query<{ observed_at: Date }>(
    `select observed_at from poll_cycle where org_id = $1 and kind = $2 and committed_at is not null and not is_backfill
     order by observed_at desc limit $3`,
    [orgId, kind, count],
  );
  return rows.map(({ observed_at }) => observed_at.getTime());
}

export interface SilentCircuit {
  readonly circuitId: number;
  readonly name: string;
  readonly siteId: number;
  readonly siteName: string;
  readonly lastHeardAt: EpochMs;
  /** Nothing is heard of any circuit of its site. */
  readonly isWholeSite: boolean;
}

/**
 * Live circuits last heard of before `heardSince`, of gateways that the cloud does not call disconnected and that the inventory still lists:
 * what is cut off has an alert of its own, and what was taken away is silent for good.
 */
export async function silentCircuits(
  db: Queryable,
  orgId: number,
  { heardSince, listedSince }: { heardSince: EpochMs; listedSince: EpochMs },
): Promise<SilentCircuit[]> {
  const rows = await db.query<Omit<SilentCircuit, 'lastHeardAt'> & { lastHeardAt: Date }>(
    `with live as (
       select c.id, c.site_id, c.mac, c.port_id, c.wan_name, c.last_observed_at, bool_and(c.last_observed_at < $2) over (partition by c.site_id) as whole
       from circuit c where c.org_id = $1 and c.is_live and not c.disabled)
     select c.id as "circuitId", coalesce(a.name, c.wan_name, c.mac || ':' || c.port_id) as name, s.id as "siteId",
       coalesce(s.name, s.external_id) as "siteName", c.last_observed_at as "lastHeardAt", c.whole as "isWholeSite"
     from live c join site s on s.org_id = $1 and s.id = c.site_id and s.removed_at is null
     join device d on d.org_id = $1 and d.mac = c.mac and d.connected is distinct from false
       and (d.observed_at is null or d.observed_at >= $3)
     left join lateral (select a.name from circuit_attribute a where a.org_id = $1 and a.circuit_id = c.id and a.name is not null
       order by a.source = 'configured' desc, a.since desc limit 1) a on true
     where c.last_observed_at < $2 order by c.id`,
    [orgId, new Date(heardSince), new Date(listedSince)],
  );
  return rows.map((row) => ({ ...row, lastHeardAt: row.lastHeardAt.getTime() }));
}

/** Of these circuits, those that are heard of again, are none any more, or are no longer listed: nobody waits for them. */
export async function heardCircuits(
  db: Queryable,
  orgId: number,
  { circuitIds, heardSince, listedSince }: { circuitIds: readonly number[]; heardSince: EpochMs; listedSince: EpochMs },
): Promise<number[]> {
  if (circuitIds.length === 0) return [];
  const rows = await db.query<{ id: number }>(
    `select c.id from circuit c left join device d on d.org_id = c.org_id and d.mac = c.mac
     where c.org_id = $1 and c.id = any($2) and (c.last_observed_at >= $3 or c.disabled or d.observed_at < $4)`,
    [orgId, circuitIds, new Date(heardSince), new Date(listedSince)],
  );
  return rows.map(({ id }) => id);
}

/** Of these sites, those of which some circuit is heard of again, or none is left that could be. */
export async function heardSites(
  db: Queryable,
  orgId: number,
  { siteIds, heardSince, listedSince }: { siteIds: readonly number[]; heardSince: EpochMs; listedSince: EpochMs },
): Promise<number[]> {
  if (siteIds.length === 0) return [];
  const rows = await db.query<{ id: number }>(
    `select s.id from site s where s.org_id = $1 and s.id = any($2) and (
       exists (select 1 from circuit c where c.org_id = $1 and c.site_id = s.id and c.is_live and not c.disabled and c.last_observed_at >= $3)
       or not exists (select 1 from circuit c join device d on d.org_id = c.org_id and d.mac = c.mac
           and (d.observed_at is null or d.observed_at >= $4)
         where c.org_id = $1 and c.site_id = s.id and c.is_live and not c.disabled))`,
    [orgId, siteIds, new Date(heardSince), new Date(listedSince)],
  );
  return rows.map(({ id }) => id);
}

export interface OfflineGateway {
  readonly deviceId: number;
  readonly name: string;
  readonly siteId: number;
  readonly siteName: string;
}

/** Gateways that are offline while another one of their site is connected: a site without any is down, which is told as that. */
export const offlineGateways = (db: Queryable, orgId: number, listedSince: EpochMs): Promise<OfflineGateway[]> =>
  db.query<OfflineGateway>(
    `select d.id as "deviceId", coalesce(d.name, d.mac) as name, s.id as "siteId", coalesce(s.name, s.external_id) as "siteName"
     from device d join site s on s.org_id = d.org_id and s.id = d.site_id and s.removed_at is null
     where d.org_id = $1 and d.type = 'gateway' and d.connected = false and d.ever_connected and d.observed_at >= $2
       and exists (select 1 from device o where o.org_id = d.org_id and o.site_id = d.site_id and o.type = 'gateway' and o.connected and o.id <> d.id)
     order by d.id`,
    [orgId, new Date(listedSince)],
  );

/** Of these gateways, those that are connected, or no longer listed. */
export async function wellGateways(
  db: Queryable,
  orgId: number,
  deviceIds: readonly number[],
  listedSince: EpochMs,
): Promise<number[]> {
  if (deviceIds.length === 0) return [];
  const rows = await db.query<{ id: number }>(
    'select id from device where org_id = $1 and id = any($2) and (connected or observed_at < $3 or site_id is null)',
    [orgId, deviceIds, new Date(listedSince)],
  );
  return rows.map(({ id }) => id);
}

export interface OfflineAtSite {
  readonly siteId: number;
  readonly siteName: string;
  readonly count: number;
  readonly of: number;
}

/** How long after its gateways came back a site's inventory may still be that of before. */
const SETTLED_MINUTES = 10;

/**
 * Sites with access points or switches offline that were connected once. Readings from while the site itself was cut off, or just after, tell
 * nothing about them.
 */
export const offlineAtSites = (db: Queryable, orgId: number, listedSince: EpochMs): Promise<OfflineAtSite[]> =>
  db.query<OfflineAtSite>(
    `with off as (
       select distinct d.site_id from device d where d.org_id = $1 and d.type in ('ap', 'switch') and d.connected = false and d.ever_connected
         and d.observed_at >= $2 and d.site_id is not null)
     select s.id as "siteId", coalesce(s.name, s.external_id) as "siteName", (count(*) filter (where not d.connected))::int as count, count(*)::int as of
     from off join site s on s.org_id = $1 and s.id = off.site_id and s.removed_at is null
     join device d on d.org_id = $1 and d.site_id = s.id and d.type in ('ap', 'switch') and d.ever_connected and d.observed_at >= $2
       and d.connected is not null
     where not exists (select 1 from device g where g.org_id = $1 and g.site_id = s.id and g.type = 'gateway'
       and (g.connected = false or g.connected_since > d.observed_at - make_interval(mins => ${SETTLED_MINUTES})) and g.ever_connected)
     group by 1, 2 having count(*) filter (where not d.connected) > 0 order by 1`,
    [orgId, new Date(listedSince)],
  );

/** Of these sites, those whose access points and switches are all connected by a reading that tells. */
export async function wellSites(
  db: Queryable,
  orgId: number,
  siteIds: readonly number[],
  listedSince: EpochMs,
): Promise<number[]> {
  if (siteIds.length === 0) return [];
  const rows = await db.query<{ id: number }>(
    `select s.id from site s where s.org_id = $1 and s.id = any($2) and not exists (
       select 1 from device d where d.org_id = $1 and d.site_id = s.id and d.type in ('ap', 'switch') and d.connected = false
         and d.ever_connected and d.observed_at >= $3)`,
    [orgId, siteIds, new Date(listedSince)],
  );
  return rows.map(({ id }) => id);
}
