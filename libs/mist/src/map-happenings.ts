import type { Asked, Outcome } from './outcome.js';
import { PAYLOADS, parse } from './payloads.js';
import type { AlarmRecord, DeviceEventRecord } from './records.js';
import { fieldOf, orNull, plainMac, textOrNull, toMs, toMsOrNull } from './values.js';
import type { WireEvent } from './wire.js';

const OTHERS_EVENT = /^(AP|SW|CLIENT|ME|MARVIS)_/;

function otherEvent(row: object): string | null {
  const type = fieldOf(row, 'type');
  if (typeof type === 'string' && OTHERS_EVENT.test(type)) return `an event "${type}" of no gateway`;
  const deviceType = fieldOf(row, 'device_type');
  return typeof deviceType === 'string' && deviceType !== 'gateway' ? `an event of a device of type "${deviceType}"` : null;
}

/** SRX names the port inside the text; what SSR writes there (`dh00000004`) is internal and maps to nothing. */
const portIn = (text: string | null): string | null => text?.match(/\bifName[ =:]+([a-z]+-\d+\/\d+\/\d+)/i)?.[1] ?? null;

function effectOf(type: string): DeviceEventRecord['effect'] {
  if (type === 'GW_PORT_UP') return { of: 'port', state: 'up' };
  if (type === 'GW_PORT_DOWN') return { of: 'port', state: 'down' };
  if (type === 'GW_CONNECTED') return { of: 'gateway', connected: true };
  if (type === 'GW_DISCONNECTED' || type === 'GW_DISCONNECTED_LONG') return { of: 'gateway', connected: false };
  return null;
}

const macOfEvent = ({ mac, ap }: WireEvent): string | null => ((mac ?? ap) ? plainMac(mac ?? ap ?? '') : null);

/** A webhook set up in the wrong organization would tell of somebody else's devices. */
function isStrangers(row: object, { context }: Asked): boolean {
  const { orgId } = context;
  const told = fieldOf(row, 'org_id');
  return typeof orgId === 'string' && typeof told === 'string' && told !== '' && told !== orgId;
}

const STRANGERS = { is: 'faulty', reason: 'org_id is that of another organization' } as const;

/** Also the rows of Mist's webhooks, whose `ap` may hold a gateway's MAC. */
export function mapEvent(input: object, asked: Asked): Outcome<DeviceEventRecord> {
  if (isStrangers(input, asked)) return STRANGERS;
  const reason = otherEvent(input);
  if (reason !== null) return { is: 'not-ours', reason };
  const parsed = parse(PAYLOADS.event, input);
  if ('fault' in parsed) return { is: 'faulty', reason: parsed.fault };
  const { row } = parsed;
  const mac = macOfEvent(row);
  if (mac === null) return { is: 'faulty', reason: 'mac is missing' };
  const text = textOrNull(row.text);
  return {
    is: 'ours',
    record: {
      mac,
      siteId: textOrNull(row.site_id),
      at: toMs(row.timestamp),
      type: row.type,
      portId: textOrNull(row.port_id) ?? portIn(text),
      text,
      effect: effectOf(row.type),
    },
  };
}

/** Severity and group are absent from Mist's webhooks; then they are `unknown` until the search tells them. */
export function mapAlarm(input: object, asked: Asked): Outcome<AlarmRecord> {
  if (isStrangers(input, asked)) return STRANGERS;
  const parsed = parse(PAYLOADS.alarm, input);
  if ('fault' in parsed) return { is: 'faulty', reason: parsed.fault };
  const { row } = parsed;
  const at = toMs(row.timestamp);
  return {
    is: 'ours',
    record: {
      alarmId: row.id,
      siteId: textOrNull(row.site_id),
      type: row.type,
      group: textOrNull(row.group) ?? 'unknown',
      severity: textOrNull(row.severity) ?? 'unknown',
      at,
      lastSeenAt: toMsOrNull(row.last_seen) ?? at,
      resolvedAt: toMsOrNull(row.resolved_time),
      count: row.count ?? 1,
      acked: orNull(row.acked),
      details: { ...row },
    },
  };
}
