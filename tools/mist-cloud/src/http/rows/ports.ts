import type { Cloud } from '../../cloud.js';
import { hash, macOf, unit } from '../../random.js';
import type { CircuitTimeline, SiteTimeline } from '../../physics/site-timeline.js';
import type { Circuit, Org, Site } from '../../world/nouns.js';

/** A port in the search: what never changes of it, computed once. */
export interface PortRow {
  readonly site: Site;
  readonly kind: 'wan' | 'lan' | 'switch';
  readonly circuit: Circuit | null;
  readonly fixed: Readonly<Record<string, unknown>>;
}

const MEAN_PACKET_BYTES = 800;

const fixedOf = (
  site: Site,
  port: { portId: string; portMac: string; type: 'gateway' | 'switch'; usage: string; speed: number },
): Record<string, unknown> => ({
  org_id: site.orgId,
  site_id: site.id,
  mac: port.type === 'gateway' ? site.gateway.mac : site.switch.mac,
  port_id: port.portId,
  port_mac: port.portMac,
  neighbor_mac: '',
  type: port.type,
  port_usage: port.usage,
  full_duplex: true,
  disabled: false,
  for_site: true,
  unconfigured: false,
});

const rowsOfSite = (seed: number, site: Site): PortRow[] => {
  const lanMac = macOf({ seed, org: site.orgNumber, kind: 6, index: site.number });
  const switchMac = macOf({ seed, org: site.orgNumber, kind: 7, index: site.number });
  return [
    ...site.circuits.map((circuit) => ({
      site,
      kind: 'wan' as const,
      circuit,
      fixed: fixedOf(site, {
        portId: circuit.portId,
        portMac: circuit.portMac,
        type: 'gateway',
        usage: 'wan',
        speed: circuit.linkMbps,
      }),
    })),
    {
      site,
      kind: 'lan',
      circuit: null,
      fixed: fixedOf(site, { portId: 'ge-0/0/7', portMac: lanMac, type: 'gateway', usage: 'lan', speed: 1000 }),
    },
    {
      site,
      kind: 'switch',
      circuit: null,
      fixed: fixedOf(site, { portId: 'ge-0/0/0', portMac: switchMac, type: 'switch', usage: 'lan', speed: 1000 }),
    },
  ];
};

const known = new WeakMap<Org, readonly PortRow[]>();

/** All ports of an organisation, site by site. */
export const portRowsOf = (seed: number, org: Org): readonly PortRow[] => {
  const rows = known.get(org) ?? org.sites.flatMap((site) => portRowsOfSite(seed, site));
  known.set(org, rows);
  return rows;
};

const bySite = new WeakMap<Site, readonly PortRow[]>();

/** The ports of one site. */
export const portRowsOfSite = (seed: number, site: Site): readonly PortRow[] => {
  const rows = bySite.get(site) ?? rowsOfSite(seed, site);
  bySite.set(site, rows);
  return rows;
};

/** Time of the port's last change that the gateway could know, else its start. */
const lastFlapMs = (timeline: SiteTimeline, course: CircuitTimeline, atMs: number): number =>
  Math.max(timeline.bootAtMs(atMs), course.transitions.filter((change) => change.atMs <= atMs).at(-1)?.atMs ?? 0);

const errorsOf = (bytes: number, lossPct: number): number => Math.floor((bytes / MEAN_PACKET_BYTES) * (lossPct / 100) * 1e-3);

const wanState = (timeline: SiteTimeline, course: CircuitTimeline, atMs: number): Record<string, unknown> => {
  const { circuit, traffic } = course;
  const up = timeline.isUp(course, atMs);
  const [rxBytes, txBytes] = [timeline.counter(course, 'rx', atMs), timeline.counter(course, 'tx', atMs)];
  return {
    up,
    active: timeline.isActive(course, atMs),
    speed: up ? circuit.linkMbps : 0,
    rx_bps: Math.round(traffic.rx.rateBps(atMs)),
    tx_bps: Math.round(traffic.tx.rateBps(atMs)),
    rx_bytes: rxBytes,
    tx_bytes: txBytes,
    rx_pkts: Math.floor(rxBytes / MEAN_PACKET_BYTES),
    tx_pkts: Math.floor(txBytes / MEAN_PACKET_BYTES),
    rx_errors: errorsOf(rxBytes, circuit.lossPct),
    tx_errors: 0,
    last_flapped: lastFlapMs(timeline, course, atMs) / 1000,
  };
};

/** A LAN port carries something, steadily; nobody here needs more of it. */
const lanState = (seed: number, row: PortRow, atMs: number): Record<string, unknown> => {
  const bps = 2_000_000 + (hash(seed, row.site.number, 101) % 8_000_000);
  const bytes = Math.floor(((atMs - row.site.gateway.bootAtMs) / 8000) * bps);
  const share = unit(seed, row.site.number, 102);
  return {
    up: true,
    active: true,
    speed: 1000,
    rx_bps: bps,
    tx_bps: Math.round(bps * share),
    rx_bytes: Math.max(0, bytes),
    tx_bytes: Math.max(0, Math.floor(bytes * share)),
    last_flapped: row.site.gateway.bootAtMs / 1000,
  };
};

/** One row of the port search now; while the gateway is cut off it stays what it was at that moment. */
export const renderPort = (cloud: Cloud, row: PortRow, nowMs: number): Record<string, unknown> => {
  const timeline = cloud.scenario.timelineOf(row.site);
  const atMs = timeline.lastHeardMs(nowMs);
  const course = row.circuit && timeline.circuitOf(row.circuit.portId);
  return { ...row.fixed, ...(course ? wanState(timeline, course, atMs) : lanState(cloud.world.seed, row, atMs)) };
};
