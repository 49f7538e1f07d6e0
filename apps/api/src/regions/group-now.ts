import { circuitName, HEALTH_STATUSES, isDegraded, severityRank, worstStatus, type HealthStatus } from '@app/domain';
import type { CircuitNow, SiteNow } from '@app/shared';
import type { GroupLevel } from '../series/levels.js';
import { SITE_HEALTH_EXAMPLE, siteHealthJson } from '../sites/site-json.js';

/** Sites shown as the worst of a group. */
const WORST_SITES = 5;

/** What is in a group now: its sites, and those of their circuits that belong to it. */
export interface GroupNow {
  readonly key: string;
  readonly sites: readonly SiteNow[];
  readonly circuits: readonly CircuitNow[];
}

const keyOf = (level: GroupLevel, site: SiteNow, circuit: CircuitNow | null): string | null => {
  if (level === 'region') return site.region;
  return level === 'store_type' ? site.row.storeType : (circuit?.row.provider ?? null);
};

/** Groups of the sites that were read together; they are asked for again and again while these are shown. */
const grouped = new WeakMap<readonly SiteNow[], Map<GroupLevel, readonly GroupNow[]>>();

/** Groups of a level by name. A site belongs to every provider of its circuits; disabled circuits are none. */
export function groupsOf(sites: readonly SiteNow[], level: GroupLevel): readonly GroupNow[] {
  const levels = grouped.get(sites) ?? new Map<GroupLevel, readonly GroupNow[]>();
  grouped.set(sites, levels);
  const groups = levels.get(level) ?? group(sites, level);
  levels.set(level, groups);
  return groups;
}

function group(sites: readonly SiteNow[], level: GroupLevel): GroupNow[] {
  const groups = new Map<string, { sites: Set<SiteNow>; circuits: CircuitNow[] }>();
  const groupOf = (key: string) => {
    const group = groups.get(key) ?? { sites: new Set<SiteNow>(), circuits: [] };
    groups.set(key, group);
    return group;
  };
  for (const site of sites) {
    const own = level === 'provider' ? null : keyOf(level, site, null);
    if (own !== null) groupOf(own).sites.add(site);
    for (const circuit of site.circuits) {
      const key = circuit.row.disabled ? null : keyOf(level, site, circuit);
      if (key === null) continue;
      const group = groupOf(key);
      group.sites.add(site);
      group.circuits.push(circuit);
    }
  }
  return [...groups]
    .map(([key, group]) => ({ key, sites: [...group.sites], circuits: group.circuits }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

const rank = (status: HealthStatus): number => HEALTH_STATUSES.indexOf(status);
const worstSeverity = (site: SiteNow): number => Math.max(0, ...site.circuits.map(({ severity }) => severityRank(severity)));

const worstSites = (sites: readonly SiteNow[]): SiteNow[] =>
  sites
    .filter(({ status }) => isDegraded(status))
    .sort((a, b) => rank(b.status) - rank(a.status) || worstSeverity(b) - worstSeverity(a) || a.row.id - b.row.id)
    .slice(0, WORST_SITES);

type GroupJson = ReturnType<typeof jsonOf>;
const told = new WeakMap<GroupNow, GroupJson>();

/** A group now, in the API's words; made once for each reading. */
export function groupJson(group: GroupNow): GroupJson {
  const known = told.get(group) ?? jsonOf(group);
  told.set(group, known);
  return known;
}

function jsonOf({ key, sites, circuits }: GroupNow) {
  const inState = (state: CircuitNow['state']): number => circuits.filter((circuit) => circuit.state === state).length;
  return {
    name: key,
    status: worstStatus(sites.map(({ status }) => status)),
    sites: sites.length,
    sites_degraded: sites.filter(({ status }) => isDegraded(status)).length,
    counts: Object.fromEntries(HEALTH_STATUSES.map((status) => [status, sites.filter((site) => site.status === status).length])),
    circuits: circuits.length,
    circuits_up: inState('up'),
    circuits_down: inState('down'),
    circuits_unknown: inState('unknown'),
    worst_sites: worstSites(sites).map(siteHealthJson),
    worst_circuits: circuits
      .filter(({ severity }) => severityRank(severity) > severityRank('info'))
      .sort((a, b) => severityRank(b.severity) - severityRank(a.severity) || a.row.id - b.row.id)
      .slice(0, WORST_SITES)
      .map((circuit) => ({
        id: circuitName(circuit.row.mac, circuit.row.portId),
        severity: circuit.severity,
        why: circuit.why,
      })),
  };
}

export const GROUP_EXAMPLE = {
  name: 'North',
  status: 'UNHEALTHY',
  sites: 320,
  sites_degraded: 2,
  counts: { UNKNOWN: 0, HEALTHY: 318, DEGRADED: 1, UNHEALTHY: 1, CRITICAL: 0 },
  circuits: 640,
  circuits_up: 639,
  circuits_down: 1,
  circuits_unknown: 0,
  worst_sites: [SITE_HEALTH_EXAMPLE],
  worst_circuits: [{ id: '020000000101:ge-0/0/0', severity: 'major', why: ['state'] }],
};
