import { HOUR_MS, hourOf, type EpochMs } from '@app/domain';
import { epochMs, msOf } from '../facts/sql-time.js';
import type { ImportContext } from './kind.js';

interface SampledSpan {
  readonly id: number;
  readonly from_ms: number;
  readonly to_ms: number;
  /** Older samples were dropped, so the first hour can no longer be computed whole. */
  readonly is_cut: boolean;
}

/**
 * Counts again the hours whose samples are still stored: the bandwidth decides between a wrapped and a restarted counter, and bounds what a
 * restarted one may have moved.
 */
export async function recomputeSampledHours(
  { database, facts, org, now }: ImportContext,
  circuitIds: readonly number[],
): Promise<void> {
  const rows = await database.query<SampledSpan>(
    `select s.circuit_id as id, ${epochMs('min(s.at)')} as from_ms, ${epochMs('max(s.at)')} as to_ms, min(s.at) > min(c.first_observed_at) as is_cut
     from port_sample s join circuit c on c.org_id = s.org_id and c.id = s.circuit_id
     where s.org_id = $1 and s.circuit_id = any($2) group by 1 order by 1`,
    [org.id, circuitIds],
  );
  const groups = new Map<string, { from: EpochMs; to: EpochMs; ids: number[] }>();
  for (const row of rows) {
    const from = hourOf(msOf(row.from_ms)) + (row.is_cut ? HOUR_MS : 0);
    const to = hourOf(msOf(row.to_ms)) + HOUR_MS;
    const group = groups.get(`${String(from)} ${String(to)}`);
    if (group === undefined) groups.set(`${String(from)} ${String(to)}`, { from, to, ids: [row.id] });
    else group.ids.push(row.id);
  }
  for (const { from, to, ids } of groups.values()) {
    if (from < to) await facts.recompute(org.id, ids, { from, to }, now);
  }
}
