import type { Outcome } from './outcome.js';
import { PAYLOADS, parse } from './payloads.js';
import type { DeviceRecord, DeviceType, GatewayRecord, SiteGroupRecord, SiteRecord } from './records.js';
import { fieldOf, macOf, orNull, printableText, textOrNull } from './values.js';
import type { WireDevice, WireGateway } from './wire.js';

const DEVICE_TYPES: readonly DeviceType[] = ['ap', 'switch', 'gateway'];

export function mapSite(input: object): Outcome<SiteRecord> {
  const parsed = parse(PAYLOADS.site, input);
  if ('fault' in parsed) return { is: 'faulty', reason: parsed.fault };
  const { row } = parsed;
  return {
    is: 'ours',
    record: {
      siteId: row.id,
      name: textOrNull(row.name),
      timezone: textOrNull(row.timezone),
      countryCode: textOrNull(row.country_code),
      sitegroupIds: row.sitegroup_ids ?? [],
      gatewayTemplateId: textOrNull(row.gatewaytemplate_id),
      latitude: row.latlng?.lat ?? null,
      longitude: row.latlng?.lng ?? null,
    },
  };
}

export function mapSiteGroup(input: object): Outcome<SiteGroupRecord> {
  const parsed = parse(PAYLOADS.siteGroup, input);
  if ('fault' in parsed) return { is: 'faulty', reason: parsed.fault };
  return { is: 'ours', record: { sitegroupId: parsed.row.id, name: printableText(parsed.row.name) } };
}

const isDeviceType = (type: unknown): type is DeviceType => DEVICE_TYPES.some((known) => known === type);

const deviceOf = (row: WireDevice, mac: string, connected: boolean | null): Omit<DeviceRecord, 'type'> => ({
  deviceId: textOrNull(row.id),
  mac,
  siteId: textOrNull(row.site_id),
  name: textOrNull(row.name) ?? textOrNull(row.hostname),
  model: textOrNull(row.model),
  version: textOrNull(row.version),
  connected,
});

export function mapDevice(input: object): Outcome<DeviceRecord> {
  const type = fieldOf(input, 'type');
  if (typeof type === 'string' && !isDeviceType(type)) return { is: 'not-ours', reason: `a device of type "${type}"` };
  const parsed = parse(PAYLOADS.device, input);
  if ('fault' in parsed) return { is: 'faulty', reason: parsed.fault };
  if (!isDeviceType(parsed.row.type)) return { is: 'faulty', reason: 'type is missing' };
  const mac = macOf(parsed.row.mac, parsed.row.id);
  if (mac === null) return { is: 'faulty', reason: 'mac is missing, and id does not end with one' };
  return { is: 'ours', record: { ...deviceOf(parsed.row, mac, orNull(parsed.row.connected)), type: parsed.row.type } };
}

function connectedOf({ status, connected }: WireGateway): boolean | null {
  if (status === 'connected') return true;
  if (status === 'disconnected') return false;
  return orNull(connected);
}

/** `if_stat` is keyed by logical interface (`ge-0/0/0.0`); several of them may lie on one port. */
function wanPortsOf(interfaces: NonNullable<WireGateway['if_stat']>): GatewayRecord['wanPorts'] {
  const ports = new Map<string, GatewayRecord['wanPorts'][number]>();
  for (const [logical, entry] of Object.entries(interfaces)) {
    const wanName = textOrNull(entry.wan_name);
    if (entry.port_usage !== 'wan' && wanName === null) continue;
    const portId = textOrNull(entry.port_id) ?? printableText(logical.split('.')[0] ?? logical);
    const earlier = ports.get(portId);
    ports.set(portId, {
      portId,
      wanName: earlier?.wanName ?? wanName,
      provider: earlier?.provider ?? textOrNull(entry.servp_info?.org),
      isLte: (earlier?.isLte ?? false) || entry.wan_type === 'lte',
    });
  }
  return [...ports.values()];
}

export function mapGateway(input: object): Outcome<GatewayRecord> {
  const type = fieldOf(input, 'type');
  if (typeof type === 'string' && type !== 'gateway') return { is: 'not-ours', reason: `a device of type "${type}"` };
  const parsed = parse(PAYLOADS.gateway, input);
  if ('fault' in parsed) return { is: 'faulty', reason: parsed.fault };
  const mac = macOf(parsed.row.mac, parsed.row.id);
  if (mac === null) return { is: 'faulty', reason: 'mac is missing, and id does not end with one' };
  return {
    is: 'ours',
    record: {
      ...deviceOf(parsed.row, mac, connectedOf(parsed.row)),
      type: 'gateway',
      uptimeS: orNull(parsed.row.uptime),
      wanPorts: wanPortsOf(parsed.row.if_stat ?? {}),
    },
  };
}
