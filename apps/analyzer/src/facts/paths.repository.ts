import type { PathSample } from '@app/domain';
import type { Queryable } from '@app/shared';
import { epochMs, msOf } from './sql-time.js';
import { wanNamesOf, type WanNames } from './wan-names.js';
import type { LockedCircuit } from './circuits.repository.js';
import { groupedBy, inside, ITEMS } from './work-items.js';

interface PathRow {
  readonly i: number;
  readonly port: string;
  readonly peer: string;
  readonly at_ms: number;
  readonly up: boolean | null;
  readonly active: boolean | null;
  readonly latency_ms: number | null;
  readonly jitter_ms: number | null;
  readonly loss_pct: number | null;
  readonly mos: number | null;
  readonly mtu: number | null;
}

/** Somebody who asks for the paths of a circuit. */
interface Asking {
  readonly circuit: Pick<LockedCircuit, 'id' | 'portId' | 'deviceId'>;
}

/** Peer paths of the hours, under the port's id or a WAN name that was its own at the time. */
export async function loadPaths(
  db: Queryable,
  orgId: number,
  { work, keys }: { work: readonly Asking[]; keys: readonly unknown[] },
): Promise<Map<number, PathSample[]>> {
  const wanNames = await wanNamesOf(db, orgId, [...new Set(work.flatMap(({ circuit }) => circuit.deviceId ?? []))]);
  const asked = work.flatMap(({ circuit }, i) =>
    [...new Set([circuit.portId, ...wanNames.of(circuit.id)])].map((name) => ({ i: i + 1, deviceId: circuit.deviceId, name })),
  );
  const rows = await db.query<PathRow>(
    `select i.i, p.peer, ${epochMs('p.at')} as at_ms, p.port_name as port, p.up, p.active, p.latency_ms, p.jitter_ms, p.loss_pct, p.mos, p.mtu
     from ${ITEMS} join unnest($7::bigint[], $8::int[], $9::text[]) as k (i, device, name) on k.i = i.i
     join path_sample p on p.org_id = $1 and p.device_id = k.device and p.port_name = k.name and ${inside('p')}
     order by i.i, p.at, p.peer, p.port_name`,
    [...keys, asked.map(({ i }) => i), asked.map(({ deviceId }) => deviceId), asked.map(({ name }) => name)],
  );
  return groupedBy(ownPaths(rows, work, wanNames), (row) => ({
    at: msOf(row.at_ms),
    peer: row.peer,
    up: row.up,
    active: row.active,
    latencyMs: row.latency_ms,
    jitterMs: row.jitter_ms,
    lossPct: row.loss_pct,
    mos: row.mos,
    mtu: row.mtu,
  }));
}

/** One row per peer and instant: the one under the port's own id before those under a name. */
function ownPaths(rows: readonly PathRow[], work: readonly Asking[], wanNames: WanNames): PathRow[] {
  const kept = new Map<string, PathRow>();
  for (const row of rows) {
    const circuit = work[row.i - 1]?.circuit;
    if (circuit === undefined) continue;
    const isPort = row.port === circuit.portId;
    const path = { deviceId: circuit.deviceId ?? 0, name: row.port, at: msOf(row.at_ms) };
    if (!isPort && !wanNames.isOf(circuit.id, path)) continue;
    const key = `${row.i} ${row.at_ms} ${row.peer}`;
    if (isPort || !kept.has(key)) kept.set(key, row);
  }
  return [...kept.values()];
}
