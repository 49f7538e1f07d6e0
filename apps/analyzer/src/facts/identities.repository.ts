import { mergeSpans, type EpochMs, type Span } from '@app/domain';
import type { Queryable } from '@app/shared';
import { epochMs, msOf } from './sql-time.js';
import type { LockedCircuit } from './circuits.repository.js';

/** A gateway that carried a circuit in `[from, to)`. */
interface Carrier extends Span {
  readonly deviceId: number | null;
}

/** Which gateways carried these circuits, and when; only linked circuits had others before. */
export class Carriers {
  constructor(private readonly past: ReadonlyMap<number, readonly { deviceId: number | null; untilMs: EpochMs }[]>) {}

  of({ id, deviceId }: Pick<LockedCircuit, 'id' | 'deviceId'>): Carrier[] {
    const carriers: Carrier[] = [];
    let from = -Infinity;
    for (const earlier of this.past.get(id) ?? []) {
      carriers.push({ deviceId: earlier.deviceId, from, to: earlier.untilMs });
      from = earlier.untilMs;
    }
    return [...carriers, { deviceId, from, to: Infinity }];
  }

  /** Instants at which another gateway took over. */
  takeovers(circuitId: number): EpochMs[] {
    return (this.past.get(circuitId) ?? []).map(({ untilMs }) => untilMs);
  }

  /** The cut-offs of the gateways while they carried the circuit. */
  cutOffs(circuit: Pick<LockedCircuit, 'id' | 'deviceId'>, byDevice: ReadonlyMap<number, readonly Span[]>): readonly Span[] {
    if (!this.past.has(circuit.id)) return byDevice.get(circuit.deviceId ?? 0) ?? [];
    const spans = this.of(circuit).flatMap(({ deviceId, from, to }) =>
      (byDevice.get(deviceId ?? 0) ?? []).map((span) => ({ from: Math.max(span.from, from), to: Math.min(span.to, to) })),
    );
    return mergeSpans(spans.filter((span) => span.from < span.to));
  }
}

/** Nothing is asked for circuits that were never linked, that is for nearly all. */
export async function carriersOf(db: Queryable, orgId: number, circuits: readonly LockedCircuit[]): Promise<Carriers> {
  const linked = [...new Set(circuits.filter(({ isLinked }) => isLinked).map(({ id }) => id))];
  if (linked.length === 0) return new Carriers(new Map());
  const rows = await db.query<{ circuit: number; device: number | null; until_ms: number }>(
    `select a.circuit_id as circuit, d.id as device, ${epochMs('a.until')} as until_ms from circuit_alias a
     left join device d on d.org_id = a.org_id and d.mac = a.mac
     where a.org_id = $1 and a.circuit_id = any($2) order by a.circuit_id, a.until`,
    [orgId, linked],
  );
  const past = new Map<number, { deviceId: number | null; untilMs: EpochMs }[]>();
  for (const { circuit, device, until_ms } of rows)
    past.set(circuit, [...(past.get(circuit) ?? []), { deviceId: device, untilMs: msOf(until_ms) }]);
  return new Carriers(past);
}
