import { rolesOf, type AttributeSource, type CircuitRole, type DatedRole, type EpochMs } from '@app/domain';
import type { Queryable } from '@app/shared';
import { epochMs, msOf, msOrNull } from '../facts/sql-time.js';

/** A circuit of a site that is looked at. */
export interface CircuitOfSite {
  readonly id: number;
  readonly siteId: number;
  readonly portId: string;
  readonly deviceId: number | null;
  readonly isLive: boolean;
  readonly name: string;
  readonly roles: readonly DatedRole[];
  readonly firstObservedAt: EpochMs | null;
  readonly lastObservedAt: EpochMs | null;
}

export interface SiteOfFailovers {
  readonly id: number;
  readonly name: string;
  readonly isRemoved: boolean;
  readonly circuits: readonly CircuitOfSite[];
  /** Changes with every newer observation of its circuits. */
  readonly seen: string;
}

interface Row {
  readonly id: number;
  readonly site_id: number;
  readonly site_name: string;
  readonly is_removed: boolean;
  readonly port_id: string;
  readonly device_id: number | null;
  readonly is_live: boolean;
  readonly name: string;
  readonly first_ms: number | null;
  readonly last_ms: number | null;
  readonly seen: string;
}

/** What tells apart two states of knowledge of a site `s`. */
export const SEEN = `(select coalesce(sum(extract(epoch from o.last_observed_at)), 0) from circuit o where o.org_id = s.org_id and o.site_id = s.id)`;

/** The sites with their circuits; read before the observations, so that what comes in between shows as newer. */
export async function loadSites(db: Queryable, orgId: number, siteIds: readonly number[]): Promise<SiteOfFailovers[]> {
  const rows = await db.query<Row>(
    `select c.id, s.id as site_id, coalesce(s.name, s.external_id) as site_name, s.removed_at is not null as is_removed, c.port_id, d.id as device_id, c.is_live,
       coalesce(a.name, c.wan_name, c.mac || ':' || c.port_id) as name, ${epochMs('c.first_observed_at')} as first_ms, ${epochMs('c.last_observed_at')} as last_ms,
       ${SEEN}::text as seen
     from site s join circuit c on c.org_id = s.org_id and c.site_id = s.id
     left join device d on d.org_id = c.org_id and d.mac = c.mac
     left join lateral (select a.name from circuit_attribute a where a.org_id = c.org_id and a.circuit_id = c.id and a.name is not null
       order by a.source = 'configured' desc, a.since desc limit 1) a on true
     where s.org_id = $1 and s.id = any($2) order by s.id, c.id`,
    [orgId, siteIds],
  );
  const roles = await loadRoles(
    db,
    orgId,
    rows.map(({ id }) => id),
  );
  const sites = new Map<number, { readonly row: Row; readonly circuits: CircuitOfSite[] }>();
  for (const row of rows) {
    const site = sites.get(row.site_id) ?? { row, circuits: [] };
    sites.set(row.site_id, site);
    site.circuits.push({
      id: row.id,
      siteId: row.site_id,
      portId: row.port_id,
      deviceId: row.device_id,
      isLive: row.is_live,
      name: row.name,
      roles: roles.get(row.id) ?? [],
      firstObservedAt: msOrNull(row.first_ms),
      lastObservedAt: msOrNull(row.last_ms),
    });
  }
  return [...sites.values()].map(({ row, circuits }) => ({
    id: row.site_id,
    name: row.site_name,
    isRemoved: row.is_removed,
    circuits,
    seen: row.seen,
  }));
}

async function loadRoles(db: Queryable, orgId: number, circuitIds: readonly number[]): Promise<Map<number, DatedRole[]>> {
  const rows = await db.query<{ id: number; source: AttributeSource; since: number; until: number; role: CircuitRole }>(
    `select circuit_id as id, source, ${epochMs('since')} as since, ${epochMs('until')} as until, role from circuit_attribute
     where org_id = $1 and circuit_id = any($2) and role is not null order by circuit_id, since`,
    [orgId, circuitIds],
  );
  const byCircuit = new Map<number, typeof rows>();
  for (const row of rows) byCircuit.set(row.id, [...(byCircuit.get(row.id) ?? []), row]);
  const instantOf = (ms: number): number => (Number.isFinite(ms) ? msOf(ms) : ms);
  const dated = (row: (typeof rows)[number]) => ({ ...row, since: instantOf(row.since), until: instantOf(row.until) });
  return new Map([...byCircuit].map(([id, own]) => [id, rolesOf(own.map(dated))]));
}

/** The oldest stored observation of each of these circuits. */
export async function oldestStored(db: Queryable, orgId: number, circuitIds: readonly number[]): Promise<Map<number, EpochMs>> {
  const rows = await db.query<{ id: number; at_ms: number }>(
    `select u.id, ${epochMs('least(s.at, e.at)')} as at_ms from unnest($2::int[]) as u (id)
     left join lateral (select at from port_sample where org_id = $1 and circuit_id = u.id order by at limit 1) s on true
     left join lateral (select at from port_event where org_id = $1 and circuit_id = u.id order by at limit 1) e on true
     where s.at is not null or e.at is not null`,
    [orgId, circuitIds],
  );
  return new Map(rows.map(({ id, at_ms }) => [id, msOf(at_ms)]));
}
