import type { Cloud } from '../../cloud.js';
import type { SiteTimeline } from '../../physics/site-timeline.js';
import { between, hash } from '../../random.js';
import { deviceIdOf } from '../../world/build-site.js';
import type { AccessPoint, Device, Org, Site } from '../../world/nouns.js';
import { peerRowsOfSite, renderPeer } from './peers.js';
import { portRowsOfSite, renderPort } from './ports.js';

export type DeviceType = 'ap' | 'gateway' | 'switch';

/** A device with its type and site (null: unassigned). */
export interface DeviceRow {
  readonly type: DeviceType;
  readonly device: Device;
  readonly site: Site | null;
}

/** The devices of a site in the order gateway, switch, access points. */
export const devicesOf = (site: Site): readonly DeviceRow[] => [
  { type: 'gateway', device: site.gateway, site },
  { type: 'switch', device: site.switch, site },
  ...site.aps.map((device) => ({ type: 'ap' as const, device, site })),
];

const known = new WeakMap<Org, readonly DeviceRow[]>();

/** All devices of an organisation, unassigned ones last. */
export const deviceRowsOf = (org: Org): readonly DeviceRow[] => {
  const rows = known.get(org) ?? [
    ...org.sites.flatMap(devicesOf),
    ...org.spares.map((device) => ({ type: device.type, device, site: null })),
  ];
  known.set(org, rows);
  return rows;
};

export const isConnected = (cloud: Cloud, row: DeviceRow, nowMs: number): boolean =>
  row.site !== null && cloud.scenario.timelineOf(row.site).cutOffAt(nowMs) === null;

/** A row of the inventory. Unassigned devices have no `site_id`. */
export const renderInventory = (cloud: Cloud, org: Org, row: DeviceRow): Record<string, unknown> => ({
  id: row.device.id,
  mac: row.device.mac,
  name: row.device.name,
  hostname: row.device.name,
  model: row.device.model,
  serial: row.device.serial,
  type: row.type,
  org_id: org.id,
  ...(row.site ? { site_id: row.site.id } : {}),
  deviceprofile_id: null,
  adopted: false,
  connected: isConnected(cloud, row, cloud.clock.now()),
  created_time: Math.floor(cloud.world.startAtMs / 1000) - 8_640_000,
  modified_time: Math.floor(cloud.world.startAtMs / 1000) - 864_000,
});

const ifStats = (timeline: SiteTimeline, atMs: number): Record<string, unknown> =>
  Object.fromEntries(
    timeline.circuits.map((course) => [
      `${course.circuit.portId}.0`,
      {
        port_id: course.circuit.portId,
        port_usage: 'wan',
        wan_name: course.circuit.name,
        wan_type: course.circuit.type === 'lte' ? 'lte' : 'broadband',
        redundancy_state: timeline.isActive(course, atMs) ? 'active' : 'inactive',
        address_mode: 'Dynamic',
        ips: [`198.51.100.${(course.circuit.number % 250) + 1}/30`],
        nat_addresses: [],
        network_name: '',
        vlan: 0,
        up: timeline.isUp(course, atMs),
        servp_info: { org: course.circuit.provider },
        rx_bytes: timeline.counter(course, 'rx', atMs),
        tx_bytes: timeline.counter(course, 'tx', atMs),
      },
    ]),
  );

const shared = (cloud: Cloud, row: DeviceRow, timeline: SiteTimeline): Record<string, unknown> => {
  const nowMs = cloud.clock.now();
  const isOn = timeline.cutOffAt(nowMs) === null;
  return {
    id: row.device.id,
    mac: row.device.mac,
    name: row.device.name,
    hostname: row.device.name,
    model: row.device.model,
    serial: row.device.serial,
    version: row.device.version,
    type: row.type,
    org_id: timeline.site.orgId,
    site_id: timeline.site.id,
    status: isOn ? 'connected' : 'disconnected',
    uptime: isOn ? Math.max(0, Math.floor((nowMs - timeline.bootAtMs(nowMs)) / 1000)) : null,
    last_seen: timeline.lastHeardMs(nowMs) / 1000,
    created_time: Math.floor(cloud.world.startAtMs / 1000) - 8_640_000,
    modified_time: Math.floor(cloud.world.startAtMs / 1000) - 864_000,
    ip: `10.${timeline.site.number % 250}.0.1`,
  };
};

const pick = (row: Record<string, unknown>, dropped: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).filter(([key]) => !dropped.includes(key)));

/** `ports` and `vpn_peers` come only when asked for. */
const extras = (cloud: Cloud, site: Site, fields: readonly string[]): Record<string, unknown> => {
  const org = cloud.world.orgById.get(site.orgId);
  const nowMs = cloud.clock.now();
  const wants = (field: string): boolean => fields.includes('*') || fields.includes(field);
  if (!org) return {};
  const ports = portRowsOfSite(cloud.world.seed, site).filter((row) => row.kind !== 'switch');
  const peers = peerRowsOfSite(cloud.world.seed, org, site);
  return {
    ...(wants('ports')
      ? { ports: ports.map((row) => pick(renderPort(cloud, row, nowMs), ['org_id', 'site_id', 'mac', 'last_flapped'])) }
      : {}),
    ...(wants('vpn_peers')
      ? { vpn_peers: peers.map((row) => pick(renderPeer(cloud, row, nowMs), ['org_id', 'site_id', 'mac'])) }
      : {}),
  };
};

const gatewayStats = (cloud: Cloud, site: Site, fields: readonly string[]): Record<string, unknown> => {
  const timeline = cloud.scenario.timelineOf(site);
  const atMs = timeline.lastHeardMs(cloud.clock.now());
  const minute = Math.floor(atMs / 60_000);
  const busy = Math.round(between(8, 40, cloud.world.seed, site.number, minute, 121));
  return {
    ext_ip: site.gateway.extIp,
    is_ha: false,
    has_pcap: false,
    config_status: 'COMMITED',
    cpu_stat: {
      idle: 100 - busy,
      interrupt: 0,
      system: Math.floor(busy / 3),
      user: busy - Math.floor(busy / 3),
      load_avg: [busy / 100, busy / 110, busy / 120],
    },
    memory_stat: { usage: Math.round(between(30, 60, cloud.world.seed, site.number, Math.floor(minute / 60), 122)) },
    if_stat: ifStats(timeline, atMs),
    ...(fields.length > 0 ? extras(cloud, site, fields) : {}),
  };
};

const apClients = (cloud: Cloud, site: Site, ap: Device): number => {
  const index = site.aps.indexOf(ap as AccessPoint);
  const total = cloud.sle.clientsAt(site, cloud.clock.now());
  return Math.floor(total / site.aps.length) + (index < total % site.aps.length ? 1 : 0);
};

/** A row of `/stats/devices`. */
export const renderDeviceStats = (
  cloud: Cloud,
  row: DeviceRow & { site: Site },
  fields: readonly string[],
): Record<string, unknown> => {
  const timeline = cloud.scenario.timelineOf(row.site);
  const base = shared(cloud, row, timeline);
  if (row.type === 'gateway') return { ...base, ...gatewayStats(cloud, row.site, fields) };
  const { hostname: _unknownToAps, ...apBase } = base;
  if (row.type === 'switch')
    return { ...base, clients_stats: { total: { num_wired_clients: hash(cloud.world.seed, row.site.number, 123) % 9 } } };
  const isOn = timeline.cutOffAt(cloud.clock.now()) === null;
  return {
    ...apBase,
    ext_ip: row.site.gateway.extIp,
    hw_rev: 'C02',
    num_clients: isOn ? apClients(cloud, row.site, row.device) : 0,
  };
};

/** Finds a device of a site by its id. */
export const deviceById = (site: Site, deviceId: string): (DeviceRow & { site: Site }) | null => {
  const row = devicesOf(site).find(({ type, device }) => device.id === deviceId || deviceIdOf(type, device.mac) === deviceId);
  return row ? { ...row, site } : null;
};
