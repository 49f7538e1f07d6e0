import { DAY_MS, hourOf, type EpochMs } from '@app/domain';
import type { Queryable } from '@app/shared';
import { epochMs, instant, msOf } from '../facts/sql-time.js';
import { droppedDays } from '../retention/arrivals.repository.js';
import { SURELY_KEPT_MS } from '../retention/gone-hours.js';
import type { Incoming } from './observed.js';
import { findCircuits } from './wan.repository.js';

/** Why a late record is parked: what its hour was made from is no longer there, and the hour's fact says more than it could. */
export const GONE_REASON = 'samples gone: the hour has its fact, and the samples it was made from are no longer kept';

type Mapped = Incoming['mapped'];

/** Of whose circuit a record tells, and when; null for one that no hour fact is made from. */
interface Told {
  readonly mac: string;
  readonly name: string;
  readonly at: EpochMs;
}

function toldBy(mapped: Mapped): (Told | null)[] {
  switch (mapped.kind) {
    case 'wan-ports':
    case 'port-samples':
      return mapped.records.map(({ mac, portId, sample }) => ({ mac, name: portId, at: sample.at }));
    case 'peer-paths':
      return mapped.records.map(({ mac, portName, sample }) => ({ mac, name: portName, at: sample.at }));
    case 'device-events':
      return mapped.records.map(({ mac, portId, at, effect }) =>
        effect?.of !== 'port' || portId === null ? null : { mac, name: portId, at },
      );
    default:
      return [];
  }
}

/**
 * Sets late records aside whose neighbours were dropped and whose hour has a fact; where there is none, they make it. Costs nothing for what is
 * younger than anything that is ever dropped.
 */
export async function withoutGoneSamples<M extends Mapped>(
  db: Queryable,
  { orgId, mapped, rows, now }: { orgId: number; mapped: M; rows: readonly unknown[]; now: EpochMs },
): Promise<M> {
  const told = toldBy(mapped);
  const old = told.flatMap((each, index) => (each === null || each.at >= now - SURELY_KEPT_MS ? [] : [{ ...each, index }]));
  if (old.length === 0) return mapped;
  const late = await onDroppedDays(db, old);
  if (late.length === 0) return mapped;
  const circuits = await findCircuits(
    db,
    orgId,
    late.map(({ mac }) => mac),
  );
  const known = late.flatMap(({ mac, name, at, index }) => {
    const circuit = circuits.get(`${mac}|${name}`);
    return circuit === undefined ? [] : [{ circuitId: circuit.id, hour: hourOf(at), index }];
  });
  const stored = await storedHours(db, orgId, known);
  const gone = new Set(known.filter(({ circuitId, hour }) => stored.has(`${circuitId} ${hour}`)).map(({ index }) => index));
  return gone.size === 0 ? mapped : leaveOut(mapped, rows, gone);
}

async function onDroppedDays<T extends Told>(db: Queryable, told: readonly T[]): Promise<T[]> {
  const first = told.reduce((min, { at }) => Math.min(min, at), Infinity);
  const last = told.reduce((max, { at }) => Math.max(max, at), -Infinity);
  const days = new Set(await droppedDays(db, first, last + DAY_MS));
  return told.filter(({ at }) => days.has(Math.floor(at / DAY_MS) * DAY_MS));
}

async function storedHours(
  db: Queryable,
  orgId: number,
  asked: readonly { circuitId: number; hour: EpochMs }[],
): Promise<Set<string>> {
  if (asked.length === 0) return new Set();
  const rows = await db.query<{ circuit: number; hour: number }>(
    `select h.circuit_id as circuit, ${epochMs('h.hour')} as hour from unnest($2::int[], $3::float8[]) as u (circuit, at)
     cross join lateral (select circuit_id, hour from circuit_hour c where c.org_id = $1 and c.circuit_id = u.circuit and c.hour = ${instant('u.at')} limit 1) h`,
    [orgId, asked.map(({ circuitId }) => circuitId), asked.map(({ hour }) => hour)],
  );
  return new Set(rows.map(({ circuit, hour }) => `${circuit} ${msOf(hour)}`));
}

function leaveOut<M extends Mapped>(mapped: M, rows: readonly unknown[], gone: ReadonlySet<number>): M {
  const isKept = (_: unknown, index: number): boolean => !gone.has(index);
  const setAside = [...gone].flatMap((index) => {
    const position = mapped.positions[index];
    return position === undefined ? [] : [{ position, reason: GONE_REASON, record: rows[position] }];
  });
  return {
    ...mapped,
    records: (mapped.records as readonly unknown[]).filter(isKept),
    positions: mapped.positions.filter(isKept),
    setAside: [...mapped.setAside, ...setAside],
  };
}
