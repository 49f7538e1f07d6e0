import { HOUR_MS, hourOf, type EpochMs, type PortSample } from '@app/domain';
import type { Queryable } from '@app/shared';
import { epochMs, msOf } from './sql-time.js';

export const counterBitsOf = (bits: number | null): 32 | 64 | null => (bits === 32 || bits === 64 ? bits : null);

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
