import { HOUR_MS, hourOf, type EpochMs, type PortSample } from '@app/domain';
import type { Queryable } from '@app/shared';
import { epochMs, msOf, msOrNull } from './sql-time.js';

export interface PortRow {
  readonly circuit_id: number;
  readonly at_ms: number;
  readonly received_ms: number;
  readonly rx_bytes: number | null;
  readonly tx_bytes: number | null;
  readonly uptime_s: number | null;
  readonly flapped_ms: number | null;
  readonly latency_ms: number | null;
  readonly jitter_ms: number | null;
  readonly loss_pct: number | null;
  readonly speed_mbps: number | null;
  readonly counter_bits: number | null;
  readonly up: boolean | null;
  readonly active: boolean | null;
  readonly disabled: boolean;
}

/** Columns of a stored sample of table `s`, as `toSample` reads them. */
export const PORT_COLUMNS = `s.circuit_id, ${epochMs('s.at')} as at_ms, ${epochMs('s.received_at')} as received_ms, s.rx_bytes, s.tx_bytes, s.uptime_s,
  ${epochMs('s.last_flapped_at')} as flapped_ms, s.latency_ms, s.jitter_ms, s.loss_pct, s.speed_mbps, s.counter_bits, s.up, s.active, s.disabled`;

export const counterBitsOf = (bits: number | null): 32 | 64 | null => (bits === 32 || bits === 64 ? bits : null);

export const toSample = (row: PortRow): PortSample => ({
  at: msOf(row.at_ms),
  receivedAt: msOf(row.received_ms),
  up: row.up,
  active: row.active,
  disabled: row.disabled,
  rxBytes: row.rx_bytes,
  txBytes: row.tx_bytes,
  uptimeS: row.uptime_s,
  counterBits: counterBitsOf(row.counter_bits),
  speedMbps: row.speed_mbps,
  lastFlappedAt: msOrNull(row.flapped_ms),
  latencyMs: row.latency_ms,
  jitterMs: row.jitter_ms,
  lossPct: row.loss_pct,
});

/** Whether a poll tells the state of a circuit at all. */
export const tellsState = (sample: PortSample): boolean => sample.up !== null && !sample.disabled;

/** Whole hours `[from, to)` of each circuit between its first and last stored sample. */
export async function sampledSpans(
  db: Queryable,
  orgId: number,
  circuitIds: readonly number[],
): Promise<{ circuitId: number; from: EpochMs; to: EpochMs }[]> {
  const rows = await db.query<{ circuit: number; first: number; last: number }>(
    `select u.id as circuit, ${epochMs('f.at')} as first, ${epochMs('l.at')} as last from unnest($2::int[]) as u (id)
     cross join lateral (select at from port_sample s where s.org_id = $1 and s.circuit_id = u.id order by at limit 1) f
     cross join lateral (select at from port_sample s where s.org_id = $1 and s.circuit_id = u.id order by at desc limit 1) l`,
    [orgId, circuitIds],
  );
  return rows.map(({ circuit, first, last }) => ({
    circuitId: circuit,
    from: hourOf(msOf(first)),
    to: hourOf(msOf(last)) + HOUR_MS,
  }));
}
