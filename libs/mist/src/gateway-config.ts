import { fieldOf } from './values.js';

/** A gateway's configuration with the one it inherits from, as both travel on the queue. */
export interface GatewayConfigAnswer {
  readonly id: unknown;
  readonly mac: unknown;
  readonly type: unknown;
  readonly own: object;
  readonly inherited: object | null;
}

type Variables = ReadonlyMap<string, string>;

const PORT_FIELDS = ['usage', 'name', 'wan_type', 'lte_backup', 'disabled'];
const SHAPING_FIELDS = ['enabled', 'max_tx_kbps'];
const PATH_FIELDS = ['type', 'name', 'wan_name', 'disabled'];

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * What a configuration says of WAN ports and of the order of paths. Everything else stays here: configurations hold passwords, and what is read
 * is kept on the queue and, where it does not parse, in the database.
 */
export function gatewayConfigAnswer(device: unknown, inherited: unknown): GatewayConfigAnswer {
  const row = isObject(device) ? device : {};
  const variables = variablesOf(fieldOf(row, 'vars'));
  return {
    id: fieldOf(row, 'id'),
    mac: fieldOf(row, 'mac'),
    type: fieldOf(row, 'type'),
    own: wanPart(row, variables),
    inherited: isObject(inherited) ? wanPart(inherited, variables) : null,
  };
}

/** The profile from which a device inherits, as hubs do. */
export function deviceProfileOf(device: unknown): string | null {
  const id = isObject(device) ? fieldOf(device, 'deviceprofile_id') : null;
  return typeof id === 'string' && id !== '' ? id : null;
}

const variablesOf = (vars: unknown): Variables =>
  new Map(
    (isObject(vars) ? Object.entries(vars) : []).flatMap(([name, value]: [string, unknown]) =>
      typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : [],
    ),
  );

const VARIABLE = /\{\{\s*([^{}\s]+)\s*\}\}/g;
const filled = (text: string, variables: Variables): string =>
  text.replace(VARIABLE, (whole, name: string) => variables.get(name) ?? whole);
const filledValue = (value: unknown, variables: Variables): unknown =>
  typeof value === 'string' ? filled(value, variables) : value;

/** The named fields that are there; what is no object stays as it is, so that the mapper can say so. */
function fields(value: unknown, names: readonly string[], variables: Variables): unknown {
  if (!isObject(value)) return value;
  const given = names.map((name) => [name, filledValue(fieldOf(value, name), variables)] as const);
  return Object.fromEntries(given.filter(([, each]) => each !== undefined));
}

/** Each entry of an object, with the variables in its key filled in. */
function entries(value: unknown, variables: Variables, pick: (entry: unknown) => unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]: [string, unknown]) => [filled(key, variables), pick(entry)]),
  );
}

function wanPart(config: object, variables: Variables): object {
  const port = (entry: unknown): unknown => {
    const picked = fields(entry, PORT_FIELDS, variables);
    const shaping = isObject(entry) ? fieldOf(entry, 'traffic_shaping') : undefined;
    return isObject(picked) && shaping !== undefined
      ? { ...picked, traffic_shaping: fields(shaping, SHAPING_FIELDS, variables) }
      : picked;
  };
  const preference = (entry: unknown): unknown => {
    if (!isObject(entry)) return entry;
    const paths = fieldOf(entry, 'paths');
    const picked = Array.isArray(paths) ? paths.map((path: unknown) => fields(path, PATH_FIELDS, variables)) : paths;
    return { strategy: fieldOf(entry, 'strategy'), paths: picked };
  };
  return {
    port_config: entries(fieldOf(config, 'port_config'), variables, port),
    path_preferences: entries(fieldOf(config, 'path_preferences'), variables, preference),
  };
}
