import type { Cloud } from '../../cloud.js';
import { spanAt } from '../../physics/intervals.js';
import type { CircuitTimeline, SiteTimeline } from '../../physics/site-timeline.js';
import { hash, macOf, unit } from '../../random.js';
import type { Circuit, Org, Site } from '../../world/nouns.js';

/** One path from a circuit to a hub. */
export interface PeerRow {
  readonly site: Site;
  readonly circuit: Circuit;
  readonly hub: number;
  readonly fixed: Readonly<Record<string, unknown>>;
  /** Some paths are never probed: they have no latency, jitter nor loss. */
  readonly isProbed: boolean;
}

/** One gateway in five names its WAN where others name the port. */
const portNameOf = (site: Site, circuit: Circuit): string => (site.number % 5 === 3 ? circuit.name : circuit.portId);

const rowOf = (seed: number, org: Org, place: { site: Site; circuit: Circuit; hub: number }): PeerRow => {
  const { site, circuit, hub } = place;
  const home = org.sites[0] ?? site;
  const isSsr = site.gateway.model === 'SSR120';
  return {
    ...place,
    isProbed: hash(seed, site.orgNumber, circuit.number, hub, 111) % 12 !== 0,
    fixed: {
      org_id: site.orgId,
      site_id: site.id,
      mac: site.gateway.mac,
      port_id: portNameOf(site, circuit),
      router_name: site.gateway.name,
      peer_mac: macOf({ seed, org: site.orgNumber, kind: 8, index: hub }),
      peer_port_id: 'DC_Internet',
      peer_router_name: `hub${hub + 1}`,
      peer_site_id: home.id,
      type: isSsr ? 'svr' : 'ipsec',
      mtu: 1500,
    },
  };
};

const rowsOfSite = (seed: number, org: Org, site: Site): PeerRow[] =>
  site.circuits.flatMap((circuit, slot) => (slot === 0 ? [0, 1] : [0]).map((hub) => rowOf(seed, org, { site, circuit, hub })));

const bySite = new WeakMap<Site, readonly PeerRow[]>();
const byOrg = new WeakMap<Org, readonly PeerRow[]>();

/** The paths of one site. */
export const peerRowsOfSite = (seed: number, org: Org, site: Site): readonly PeerRow[] => {
  const rows = bySite.get(site) ?? rowsOfSite(seed, org, site);
  bySite.set(site, rows);
  return rows;
};

/** Every circuit has a path to the first hub, primary ones to the second too. */
export const peerRowsOf = (seed: number, org: Org): readonly PeerRow[] => {
  const rows = byOrg.get(org) ?? org.sites.flatMap((site) => peerRowsOfSite(seed, org, site));
  byOrg.set(org, rows);
  return rows;
};

const round = (value: number): number => Math.round(value * 100) / 100;

/** Noise changes by the minute; a full circuit queues and drops. */
const qualityOf = (seed: number, row: PeerRow, at: { ms: number; filled: number }): Record<string, number> => {
  const { circuit, site, hub } = row;
  const noise = unit(seed, site.orgNumber, circuit.number, hub, Math.floor(at.ms / 60_000), 112);
  const crowd = Math.max(0, at.filled - 0.8) * 5;
  const latency = circuit.latencyMs * (1 + 0.25 * noise + 0.15 * hub) + 60 * crowd;
  const jitter = circuit.latencyMs * 0.08 * (0.4 + noise) + 12 * crowd;
  const loss = Math.min(100, circuit.lossPct * 2 * noise * noise + 1.5 * crowd);
  return {
    latency: round(latency),
    jitter: round(jitter),
    loss: round(loss),
    mos: round(Math.max(1, 4.4 - loss * 0.2 - latency / 400)),
  };
};

/** Quality of a path at a time; null while it is down, not probed or not heard of. */
export const qualityAt = (cloud: Cloud, row: PeerRow, atMs: number): Record<string, number> | null => {
  const timeline = cloud.scenario.timelineOf(row.site);
  const course = timeline.circuitOf(row.circuit.portId);
  if (!course || !row.isProbed || timeline.cutOffAt(atMs) || !timeline.isUp(course, atMs)) return null;
  if (course === timeline.circuits[0] && spanAt(timeline.pathDowns, atMs)) return null;
  return qualityOf(cloud.world.seed, row, { ms: atMs, filled: filledAt(course, atMs) });
};

const filledAt = (course: CircuitTimeline, atMs: number): number =>
  course.traffic.rx.rateBps(atMs) / (course.circuit.downMbps * 1e6);

const startOfPath = (timeline: SiteTimeline, course: CircuitTimeline, atMs: number): number => {
  const ends = [...course.downs, ...(course === timeline.circuits[0] ? timeline.pathDowns : [])]
    .map((span) => span.toMs)
    .filter((endMs) => endMs <= atMs);
  return Math.max(timeline.bootAtMs(atMs), ...ends);
};

/** One row of the peer-path search now. */
export const renderPeer = (cloud: Cloud, row: PeerRow, nowMs: number): Record<string, unknown> => {
  const timeline = cloud.scenario.timelineOf(row.site);
  const atMs = timeline.lastHeardMs(nowMs);
  const course = timeline.circuitOf(row.circuit.portId);
  if (!course) return { ...row.fixed };
  const isPathDown = course === timeline.circuits[0] && spanAt(timeline.pathDowns, atMs) !== null;
  const up = timeline.isUp(course, atMs) && !isPathDown;
  const filled = filledAt(course, atMs);
  return {
    ...row.fixed,
    up,
    is_active: up && row.hub === 0 && timeline.isActive(course, atMs),
    last_seen: atMs / 1000,
    uptime: up ? Math.max(0, Math.floor((atMs - startOfPath(timeline, course, atMs)) / 1000)) : 0,
    ...(row.isProbed && up ? qualityOf(cloud.world.seed, row, { ms: atMs, filled }) : {}),
  };
};
