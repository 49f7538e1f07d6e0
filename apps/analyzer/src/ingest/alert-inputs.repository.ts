import {
  circuitName,
  observationOfCircuit,
  observationOfSite,
  type EpochMs,
  type Observation,
  type PortState,
  type SiteReachability,
} from '@app/domain';
import type { Queryable } from '@app/shared';

/** What a batch changed, as far as the rules about circuits and sites look at it. */
export interface Changed {
  readonly circuits: readonly { readonly circuitId: number; readonly siteId: number; readonly state: PortState | null }[];
  readonly gateways: readonly { readonly deviceId: number; readonly connected: boolean }[];
}

/**
 * What the rules see of a batch. Good news about something nobody worries about changes no alert, and is most of all news: only what is bad, or
 * has an alert that is not over, is looked at closely.
 */
export async function observationsOf(db: Queryable, orgId: number, { circuits, gateways }: Changed): Promise<Observation[]> {
  if (circuits.length + gateways.length === 0) return [];
  const open = await openSubjects(db, orgId);
  const isSiteOpen = (siteId: number): boolean => open.has(`site:${siteId}`);
  const hasOpenSite = [...open].some((subject) => subject.startsWith('site:'));
  const worrying = circuits.filter(({ circuitId, state }) => state === 'down' || open.has(`circuit:${circuitId}`));
  const atWorryingSite = circuits.filter(({ siteId, state }) => state === 'down' || isSiteOpen(siteId));
  const lost = gateways.filter(({ connected }) => !connected || hasOpenSite);
  return [
    ...(await circuitObservations(
      db,
      orgId,
      worrying.map(({ circuitId }) => circuitId),
    )),
    ...(await siteObservations(db, orgId, {
      circuitIds: atWorryingSite.map(({ circuitId }) => circuitId),
      deviceIds: [...new Set(lost.map(({ deviceId }) => deviceId))],
    })),
  ];
}

/** Circuits and sites with a pending or firing alert about being down. */
async function openSubjects(db: Queryable, orgId: number): Promise<Set<string>> {
  const rows = await db.query<{ subject: string }>(
    `select subject from alert where org_id = $1 and rule in ('circuit-down', 'site-down') and status <> 'resolved'`,
    [orgId],
  );
  return new Set(rows.map(({ subject }) => subject));
}

interface HeadRow {
  readonly circuit_id: number;
  readonly mac: string;
  readonly port_id: string;
  readonly name: string | null;
  readonly site_id: number;
  readonly site_name: string;
  readonly state: PortState | null;
  readonly state_at: Date;
  readonly disabled: boolean;
  readonly connected: boolean | null;
}

/** What the circuit-down rule sees of these circuits. A circuit behind a cut-off gateway is neither up nor down: nobody can see it. */
export async function circuitObservations(db: Queryable, orgId: number, circuitIds: readonly number[]): Promise<Observation[]> {
  if (circuitIds.length === 0) return [];
  const rows = await db.query<HeadRow>(
    `select c.id as circuit_id, c.mac, c.port_id, coalesce(a.name, c.wan_name) as name, c.site_id, coalesce(s.name, s.external_id) as site_name,
            c.state, c.state_at, c.disabled, d.connected
     from circuit c join site s on s.org_id = c.org_id and s.id = c.site_id
     left join device d on d.org_id = c.org_id and d.mac = c.mac
     left join lateral (select a.name from circuit_attribute a where a.org_id = c.org_id and a.circuit_id = c.id and a.name is not null
       order by a.source = 'configured' desc, a.since desc limit 1) a on true
     where c.org_id = $1 and c.id = any($2) and c.state_at is not null and (c.state = 'down' or c.disabled or exists (
       select 1 from alert x where x.org_id = c.org_id and x.rule = 'circuit-down' and x.subject = 'circuit:' || c.id and x.status <> 'resolved'))`,
    [orgId, circuitIds],
  );
  return rows.map((row) =>
    observationOfCircuit({
      siteId: row.site_id,
      siteName: row.site_name,
      circuitId: row.circuit_id,
      circuitName: row.name ?? circuitName(row.mac, row.port_id),
      state: row.connected === false ? null : row.state,
      disabled: row.disabled,
      at: row.state_at.getTime(),
    }),
  );
}

interface SiteRow {
  readonly site_id: number;
  readonly site_name: string;
  readonly gateways: (boolean | null)[] | null;
  readonly states: (PortState | null)[] | null;
  readonly at: Date | null;
}

/** What the site-down rule sees of the sites of these circuits and gateways. */
export async function siteObservations(
  db: Queryable,
  orgId: number,
  changed: { readonly circuitIds: readonly number[]; readonly deviceIds: readonly number[] },
): Promise<Observation[]> {
  if (changed.circuitIds.length + changed.deviceIds.length === 0) return [];
  const rows = await db.query<SiteRow>(
    // A look-up for each site: joined as sets, tables that were never analyzed are gone through once per site.
    `with touched as materialized (
       select site_id from circuit where org_id = $1 and id = any($2)
       union select site_id from device where org_id = $1 and id = any($3) and site_id is not null
     )
     select s.id as site_id, coalesce(s.name, s.external_id) as site_name, g.connected as gateways, c.states, greatest(g.at, c.at) as at
     from touched t cross join lateral (
       select array_agg(d.connected) as connected, max(d.observed_at) as at
       from device d where d.org_id = $1 and d.site_id = t.site_id and d.type = 'gateway'
     ) g cross join lateral (
       select array_agg(u.state) as states, max(u.at) as at from (
         select case when (select d.connected from device d where d.org_id = $1 and d.mac = c.mac) is not false then c.state end as state, c.state_at as at
         from circuit c where c.org_id = $1 and c.site_id = t.site_id and not c.disabled and c.is_live) u
     ) c join site s on s.org_id = $1 and s.id = t.site_id
     where not (true = any(coalesce(g.connected, '{}'))) or not ('up' = any(coalesce(c.states, '{}')))
        or exists (select 1 from alert x where x.org_id = $1 and x.rule = 'site-down' and x.subject = 'site:' || s.id and x.status <> 'resolved')`,
    [orgId, changed.circuitIds, changed.deviceIds],
  );
  return rows.flatMap((row) => (row.at === null ? [] : [observationOfSite(reachabilityOf(row, row.at.getTime()))]));
}

const reachabilityOf = (row: SiteRow, at: EpochMs): SiteReachability => ({
  siteId: row.site_id,
  siteName: row.site_name,
  gateways: (row.gateways ?? []).map((connected) => ({ connected })),
  circuits: (row.states ?? []).map((state) => ({ state, disabled: false })),
  at,
});
