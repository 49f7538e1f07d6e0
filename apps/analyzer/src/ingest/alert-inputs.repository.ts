import {
  circuitName,
  observationOfCircuit,
  observationOfSite,
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
     from circuit c join site s on s.org_id = c.org_id and s.id = c.site_id and s.removed_at is null
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

/** Sites of these circuits and gateways. */
async function sitesOf(db: Queryable, orgId: number, changed: SiteChanges): Promise<number[]> {
  const rows = await db.query<{ site_id: number }>(
    `select site_id from circuit where org_id = $1 and id = any($2)
     union select site_id from device where org_id = $1 and id = any($3) and site_id is not null`,
    [orgId, changed.circuitIds, changed.deviceIds],
  );
  return rows.map(({ site_id }) => site_id);
}

interface SiteChanges {
  readonly circuitIds: readonly number[];
  readonly deviceIds: readonly number[];
}

interface GatewayRow {
  readonly site_id: number;
  readonly mac: string;
  readonly connected: boolean | null;
  readonly observed_at: Date | null;
}

interface CircuitRow {
  readonly site_id: number;
  readonly mac: string;
  readonly state: PortState | null;
  readonly state_at: Date | null;
}

/**
 * What the site-down rule sees of the sites of these circuits and gateways; sites that are plainly well and have no open alert are left out, and
 * so are those that Mist no longer lists. Three plain look-ups: joined as sets, tables that were never analyzed are gone through once per site.
 */
export async function siteObservations(db: Queryable, orgId: number, changed: SiteChanges): Promise<Observation[]> {
  if (changed.circuitIds.length + changed.deviceIds.length === 0) return [];
  const asked = [orgId, await sitesOf(db, orgId, changed)];
  const sites = await db.query<{ id: number; name: string }>(
    'select id, coalesce(name, external_id) as name from site where org_id = $1 and id = any($2) and removed_at is null order by id',
    asked,
  );
  const gateways = await db.query<GatewayRow>(
    `select site_id, mac, connected, observed_at from device where org_id = $1 and site_id = any($2) and type = 'gateway'`,
    asked,
  );
  const circuits = await db.query<CircuitRow>(
    'select site_id, mac, state, state_at from circuit where org_id = $1 and site_id = any($2) and not disabled and is_live',
    asked,
  );
  const open = await openSubjects(db, orgId);
  const [gatewaysOf, circuitsOf] = [bySite(gateways), bySite(circuits)];
  return sites.flatMap(({ id, name }) => {
    const site = reachabilityOf({ id, name }, gatewaysOf.get(id) ?? [], circuitsOf.get(id) ?? []);
    return site === null || (isPlainlyWell(site) && !open.has(`site:${id}`)) ? [] : [observationOfSite(site)];
  });
}

function bySite<R extends { readonly site_id: number }>(rows: readonly R[]): Map<number, R[]> {
  const groups = new Map<number, R[]>();
  for (const row of rows) {
    const group = groups.get(row.site_id);
    if (group === undefined) groups.set(row.site_id, [row]);
    else group.push(row);
  }
  return groups;
}

const isPlainlyWell = ({ gateways, circuits }: SiteReachability): boolean =>
  gateways.some(({ connected }) => connected === true) && circuits.some(({ state }) => state === 'up');

/** `null`: nothing was ever seen of the site. A circuit behind a cut-off gateway is neither up nor down. */
function reachabilityOf(
  site: { readonly id: number; readonly name: string },
  gateways: readonly GatewayRow[],
  circuits: readonly CircuitRow[],
): SiteReachability | null {
  const cutOff = new Set(gateways.filter(({ connected }) => connected === false).map(({ mac }) => mac));
  const seen = [...gateways.map((row) => row.observed_at), ...circuits.map((row) => row.state_at)].flatMap(
    (at) => at?.getTime() ?? [],
  );
  if (seen.length === 0) return null;
  return {
    siteId: site.id,
    siteName: site.name,
    gateways: gateways.map(({ connected }) => ({ connected })),
    circuits: circuits.map(({ mac, state }) => ({ state: cutOff.has(mac) ? null : state, disabled: false })),
    at: Math.max(...seen),
  };
}
