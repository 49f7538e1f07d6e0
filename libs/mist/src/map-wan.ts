import type { Asked, Outcome } from './outcome.js';
import { PAYLOADS, parse } from './payloads.js';
import type { PathRecord, PortRecord } from './records.js';
import { fieldOf, orNull, plainMac, textOrNull, toMsOrNull } from './values.js';

/** Why a port row is none of ours; `null` when it may be. Mist's type filter was renamed between versions, so every row is looked at again. */
function otherPort(row: object): string | null {
  const type = fieldOf(row, 'type') ?? fieldOf(row, 'device_type');
  if (typeof type === 'string' && type !== 'gateway') return `a port of a device of type "${type}"`;
  const usage = fieldOf(row, 'port_usage');
  if (typeof usage === 'string' && usage !== 'wan') return `a port with usage "${usage}"`;
  return null;
}

export function mapPort(input: object, { observedAt }: Asked): Outcome<PortRecord> {
  const reason = otherPort(input);
  if (reason !== null) return { is: 'not-ours', reason };
  if (typeof fieldOf(input, 'port_usage') !== 'string')
    return { is: 'faulty', reason: 'port_usage is missing: the port may be a LAN port' };
  const parsed = parse(PAYLOADS.port, input);
  if ('fault' in parsed) return { is: 'faulty', reason: parsed.fault };
  const { row } = parsed;
  return {
    is: 'ours',
    record: {
      mac: plainMac(row.mac),
      portId: row.port_id,
      siteId: row.site_id,
      sample: {
        at: observedAt,
        receivedAt: observedAt,
        up: orNull(row.up),
        active: orNull(row.active),
        disabled: row.disabled ?? false,
        rxBytes: orNull(row.rx_bytes),
        txBytes: orNull(row.tx_bytes),
        uptimeS: orNull(row.uptime),
        counterBits: orNull(row.counter_bits),
        speedMbps: orNull(row.speed),
        lastFlappedAt: toMsOrNull(row.last_flapped),
        latencyMs: orNull(row.latency),
        jitterMs: orNull(row.jitter),
        lossPct: orNull(row.loss),
      },
    },
  };
}

export function mapPath(input: object, { observedAt }: Asked): Outcome<PathRecord> {
  const parsed = parse(PAYLOADS.path, input);
  if ('fault' in parsed) return { is: 'faulty', reason: parsed.fault };
  const { row } = parsed;
  return {
    is: 'ours',
    record: {
      mac: plainMac(row.mac),
      portName: row.port_id,
      siteId: textOrNull(row.site_id),
      sample: {
        at: observedAt,
        peer: `${plainMac(row.peer_mac)}|${row.peer_port_id ?? ''}`,
        up: orNull(row.up),
        active: orNull(row.is_active),
        latencyMs: orNull(row.latency),
        jitterMs: orNull(row.jitter),
        lossPct: orNull(row.loss),
        mos: orNull(row.mos),
        mtu: orNull(row.mtu),
      },
    },
  };
}
