import { preferredRoles, type CircuitRole, type Preference } from '@app/domain';
import type { Outcome } from './outcome.js';
import { PAYLOADS, parse } from './payloads.js';
import type { GatewayConfigRecord } from './records.js';
import { fieldOf, macOf, textOrNull } from './values.js';
import type { Maybe, WireConfig, WirePathPreference, WirePortConfig } from './wire.js';

/** More ports than any gateway has; a longer range is a slip. */
const MAX_RANGE = 64;
const KBPS_PER_MBPS = 1000;
const RANGE = /^(.*\D)(\d+)-(\d+)$/;
/** A variable that was not filled in says nothing. */
const isOpen = (text: string): boolean => text.includes('{{');

/** A key names one port, several with commas between them (`ge-0/0/0,ge-7/0/0`), or a range (`ge-0/0/1-5`). */
export function portsOfKey(key: string): string[] {
  return key.split(',').flatMap((part) => {
    const [, prefix, first, last] = RANGE.exec(part.trim()) ?? [];
    if (prefix === undefined) return part.trim() === '' || isOpen(part) ? [] : [part.trim()];
    const count = Number(last) - Number(first) + 1;
    if (count < 1 || count > MAX_RANGE) return [];
    return Array.from({ length: count }, (_, i) => `${prefix}${String(Number(first) + i)}`);
  });
}

/** Port by port, and preference by preference, what the device itself says goes before what it inherits. */
function merged<T>(own: Maybe<Record<string, T>>, inherited: Maybe<Record<string, T>>, keysOf: (key: string) => string[]) {
  const entries = [inherited, own].flatMap((part) => Object.entries(part ?? {}));
  return new Map(entries.flatMap(([key, value]) => keysOf(key).map((each) => [each, value] as const)));
}

interface WanPort {
  readonly portId: string;
  readonly name: string | null;
  readonly config: WirePortConfig;
}

const isWan = (config: Maybe<WirePortConfig>): config is WirePortConfig => config?.usage === 'wan' && config.disabled !== true;
const isLte = ({ config }: WanPort): boolean => config.lte_backup === true || config.wan_type === 'lte';

function nameOf({ name }: WirePortConfig): string | null {
  const text = textOrNull(name);
  return text === null || isOpen(text) ? null : text;
}

/** Only `max_tx_kbps` tells a bandwidth, and only of what is sent. */
function shapedUpMbps({ traffic_shaping: shaping }: WirePortConfig): number | null {
  const kbps = shaping?.enabled === true ? Number(shaping.max_tx_kbps ?? 0) : 0;
  return Number.isSafeInteger(kbps) && kbps > 0 ? kbps / KBPS_PER_MBPS : null;
}

const kindOf = ({ wan_type: kind }: WirePortConfig): string | null => {
  const text = textOrNull(kind);
  return text === null || isOpen(text) ? null : text;
};

/** WANs of the gateway in the order of an ordered preference, through a VPN or not. */
function preferenceOf({ strategy, paths }: WirePathPreference, names: ReadonlySet<string>): Preference {
  if ((strategy ?? 'ordered') !== 'ordered') return [];
  const wans = (paths ?? []).flatMap(({ type, name, wan_name: wanName, disabled }) => {
    const wan = type === 'wan' ? name : type === 'vpn' ? wanName : null;
    return disabled === true || wan === undefined || wan === null || !names.has(wan) ? [] : [wan];
  });
  return [...new Set(wans)];
}

function rolesOf(ports: readonly WanPort[], preferences: Iterable<Maybe<WirePathPreference>>): Map<string, CircuitRole> {
  const named = ports.flatMap((port) => (port.name === null ? [] : [{ ...port, name: port.name }]));
  const names = new Set(named.map(({ name }) => name));
  const orders = [...preferences].map((each) => preferenceOf(each ?? {}, names));
  return preferredRoles(orders, new Set(named.filter(isLte).map(({ name }) => name)));
}

/** A configuration as the collector puts it together: see `gatewayConfigAnswer`. */
export function mapGatewayConfig(input: object): Outcome<GatewayConfigRecord> {
  const type = fieldOf(input, 'type');
  if (typeof type === 'string' && type !== 'gateway') return { is: 'not-ours', reason: `a device of type "${type}"` };
  const parsed = parse(PAYLOADS.gatewayConfig, input);
  if ('fault' in parsed) return { is: 'faulty', reason: parsed.fault };
  const { row } = parsed;
  const mac = macOf(row.mac, row.id);
  if (mac === null) return { is: 'faulty', reason: 'mac is missing, and id does not end with one' };
  return { is: 'ours', record: { mac, ports: portsOf(row.own, row.inherited ?? {}) } };
}

function portsOf(own: WireConfig, inherited: WireConfig): GatewayConfigRecord['ports'] {
  const configs = merged(own.port_config, inherited.port_config, portsOfKey);
  const ports = [...configs].flatMap(([portId, config]) => (isWan(config) ? [{ portId, name: nameOf(config), config }] : []));
  const preferences = merged(own.path_preferences, inherited.path_preferences, (key) => [key]);
  const roles = rolesOf(ports, preferences.values());
  return ports.map((port) => ({
    portId: port.portId,
    type: kindOf(port.config),
    isLte: isLte(port),
    preferredRole: port.name === null ? null : (roles.get(port.name) ?? null),
    shapedUpMbps: shapedUpMbps(port.config),
  }));
}
