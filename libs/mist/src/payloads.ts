import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type * as wire from './wire.js';

/** Above this a number of JSON is no longer exact, so that a difference of two counters would be invented. */
const MAX_EXACT = Number.MAX_SAFE_INTEGER;
/** Epoch seconds until the year 2200; a time in milliseconds is refused instead of read as the year 50,000. */
const MAX_EPOCH_S = 7_258_118_400;

/** Neither NUL nor half a surrogate pair: no database keeps them, and an id is not to be changed. */
const WHOLE_CHARACTERS = '^[^\\u0000\\p{Surrogate}]*$';
/** Several ids make a key, and an index takes no longer one. */
const MAX_ID_LENGTH = 200;
const id = { type: 'string', minLength: 1, maxLength: MAX_ID_LENGTH, pattern: WHOLE_CHARACTERS };
const maybeId = { type: ['string', 'null'], maxLength: MAX_ID_LENGTH, pattern: WHOLE_CHARACTERS };
/** For people to read; the mapper replaces what cannot be kept. */
const text = { type: ['string', 'null'] };
const flag = { type: ['boolean', 'null'] };
const counter = { type: ['integer', 'null'], minimum: 0, maximum: MAX_EXACT };
/** What an integer column takes. */
const occurrences = { type: ['integer', 'null'], minimum: 0, maximum: 2_147_483_647 };
const amount = { type: ['number', 'null'], minimum: 0, maximum: MAX_EXACT };
const percent = { type: ['number', 'null'], minimum: 0, maximum: 100 };
const ratio = { type: ['number', 'null'], minimum: 0, maximum: 1 };
const time = { type: 'number', minimum: 0, maximum: MAX_EPOCH_S };
const maybeTime = { ...time, type: ['number', 'null'] };
/** With or without separators; normalised by the mapper. */
const mac = { type: 'string', pattern: '^([0-9A-Fa-f]{2}[:.-]?){5}[0-9A-Fa-f]{2}$' };
const maybeMac = { ...mac, type: ['string', 'null'] };

const object = (properties: object, required: readonly string[] = []): object => ({ type: 'object', properties, required });
const maybeObject = (properties: object): object => ({ type: ['object', 'null'], properties });
const maybeList = (items: object): object => ({ type: ['array', 'null'], items });

const device = {
  id: maybeId,
  mac: maybeMac,
  type: text,
  site_id: maybeId,
  name: text,
  hostname: text,
  model: text,
  version: text,
  connected: flag,
};
const networkInterface = object({
  port_id: maybeId,
  port_usage: text,
  wan_name: text,
  wan_type: text,
  servp_info: maybeObject({ org: text }),
});
const impact = maybeObject({
  num_users: counter,
  total_users: counter,
  num_aps: counter,
  total_aps: counter,
  num_gateways: counter,
  total_gateways: counter,
});
const sle = {
  name: text,
  interval: { type: ['number', 'null'], exclusiveMinimum: 0 },
  y_label: text,
  samples: maybeObject({ total: maybeList(amount), degraded: maybeList(amount), value: maybeList({ type: ['number', 'null'] }) }),
};

const wanConfig = {
  port_config: {
    type: ['object', 'null'],
    propertyNames: { pattern: WHOLE_CHARACTERS },
    additionalProperties: maybeObject({
      usage: text,
      name: text,
      wan_type: text,
      lte_backup: flag,
      disabled: flag,
      traffic_shaping: maybeObject({
        enabled: flag,
        max_tx_kbps: { type: ['integer', 'string', 'null'], minimum: 0, maximum: MAX_EXACT },
      }),
    }),
  },
  path_preferences: {
    type: ['object', 'null'],
    additionalProperties: maybeObject({
      strategy: text,
      paths: maybeList(object({ type: text, name: text, wan_name: text, disabled: flag })),
    }),
  },
};

/** The scores Mist documents, in every spelling seen; any other number between 0 and 1 in a row is taken for a score as well. */
const SCORE_NAME =
  '^(time-to-connect|successful-connect|failed-to-connect|coverage|roaming(-v2|-exp)?|throughput|capacity|ap-(health|availability)' +
  '|gateway-(health|bandwidth)|wan-link-health(-v2)?|application[-_]health|switch[-_].+)$';

const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: false, verbose: true });

/** Compiled once; nothing is looked at by reflection per record. */
export const PAYLOADS = {
  site: ajv.compile<wire.WireSite>(
    object(
      {
        id,
        name: text,
        timezone: text,
        country_code: text,
        sitegroup_ids: maybeList(id),
        gatewaytemplate_id: maybeId,
        latlng: {
          type: ['object', 'null'],
          properties: {
            lat: { type: 'number', minimum: -90, maximum: 90 },
            lng: { type: 'number', minimum: -180, maximum: 180 },
          },
          required: ['lat', 'lng'],
        },
      },
      ['id'],
    ),
  ),
  siteGroup: ajv.compile<wire.WireSiteGroup>(object({ id, name: { type: 'string', minLength: 1 } }, ['id', 'name'])),
  device: ajv.compile<wire.WireDevice>(object(device)),
  gateway: ajv.compile<wire.WireGateway>(
    object({
      ...device,
      status: text,
      uptime: amount,
      if_stat: { type: ['object', 'null'], additionalProperties: networkInterface },
    }),
  ),
  gatewayConfig: ajv.compile<wire.WireGatewayConfig>(
    object({ id: maybeId, mac: maybeMac, own: object(wanConfig), inherited: maybeObject(wanConfig) }, ['own']),
  ),
  port: ajv.compile<wire.WirePort>(
    object(
      {
        mac,
        port_id: id,
        site_id: id,
        up: flag,
        active: flag,
        disabled: flag,
        rx_bytes: counter,
        tx_bytes: counter,
        uptime: amount,
        counter_bits: { enum: [32, 64, null] },
        speed: amount,
        last_flapped: maybeTime,
        latency: amount,
        jitter: amount,
        loss: percent,
      },
      ['mac', 'port_id', 'site_id'],
    ),
  ),
  path: ajv.compile<wire.WirePath>(
    object(
      {
        mac,
        port_id: id,
        peer_mac: mac,
        peer_port_id: maybeId,
        site_id: maybeId,
        up: flag,
        is_active: flag,
        latency: amount,
        jitter: amount,
        loss: percent,
        mos: { type: ['number', 'null'], minimum: 0, maximum: 5 },
        mtu: counter,
      },
      ['mac', 'port_id', 'peer_mac'],
    ),
  ),
  event: ajv.compile<wire.WireEvent>(
    object({ type: id, timestamp: time, mac: maybeMac, ap: maybeMac, site_id: maybeId, port_id: maybeId, text }, [
      'type',
      'timestamp',
    ]),
  ),
  alarm: ajv.compile<wire.WireAlarm>(
    object(
      {
        id,
        type: id,
        timestamp: time,
        group: text,
        severity: text,
        site_id: maybeId,
        last_seen: maybeTime,
        resolved_time: maybeTime,
        count: occurrences,
        acked: flag,
      },
      ['id', 'type', 'timestamp'],
    ),
  ),
  sleRow: ajv.compile<wire.WireSleRow>({
    type: 'object',
    properties: { site_id: id },
    patternProperties: { '^num_': counter, [SCORE_NAME]: ratio },
    required: ['site_id'],
  }),
  sleDetail: ajv.compile<wire.WireSleDetail>(
    object(
      {
        start: time,
        end: time,
        site_id: maybeId,
        sle: object(sle),
        impact,
        classifiers: maybeList(object({ ...sle, name: id, impact }, ['name'])),
      },
      ['start', 'end', 'sle'],
    ),
  ),
} as const;

const shown = (value: unknown): string => {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const plain = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return plain.length > 60 ? `${plain.slice(0, 60)}...` : plain;
};

const wantedBy = (pattern: string): string =>
  pattern === WHOLE_CHARACTERS ? 'must hold neither NUL nor half a surrogate pair' : 'must be a MAC address of 12 hex digits';

function sentence({ instancePath, keyword, message, params, data }: ErrorObject): string {
  const field = instancePath === '' ? '' : instancePath.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
  if (keyword === 'required') return `${field === '' ? '' : `${field}.`}${String(params.missingProperty)} is missing`;
  const wanted = keyword === 'pattern' ? wantedBy(String(params.pattern)) : (message ?? 'is not as agreed');
  return `${field === '' ? 'the record' : field} ${wanted}, but is ${shown(data)}`;
}

/** The row as typed, or the sentence that says which field is wrong and how. */
export function parse<T>(validate: ValidateFunction<T>, row: unknown): { readonly row: T } | { readonly fault: string } {
  if (validate(row)) return { row };
  const [first] = validate.errors ?? [];
  return { fault: first === undefined ? 'the record is not as agreed' : sentence(first) };
}
