import type { EpochMs, PortState } from '@app/domain';
import type { Queryable, Transaction } from '@app/shared';

interface PortName {
  readonly mac: string;
  readonly portId: string;
}

interface StoredEvent {
  readonly circuitId: number;
  readonly event: { readonly at: EpochMs; readonly state: PortState };
  readonly receivedAt: EpochMs;
}

/** First key of the advisory locks that keep a new port or WAN name and the events that name it apart. */
const PORTS_LOCK = 7_340_041;

/**
 * Held until the transaction ends. Who makes a port or a name known takes it alone, so that each event either finds the circuit or is found
 * by it; events share it. Take it before any row that others may wait for.
 */
export async function lockPorts(tx: Transaction, orgId: number, by: 'alone' | 'shared'): Promise<void> {
  const lock = by === 'alone' ? 'pg_advisory_xact_lock' : 'pg_advisory_xact_lock_shared';
  await tx.query(`select ${lock}($1, $2)`, [PORTS_LOCK, orgId]);
}

const stateOf = (effect: string): PortState => (effect === 'port-up' ? 'up' : 'down');

/** Ports of replaced gateways are known: they carried a circuit before. */
const NOT_PAST = `not exists (select 1 from circuit_alias a where a.org_id = $1 and a.mac = u.mac and a.port_id = u.port and a.released_at is null)`;

/** Gateways in this list with a port nobody has observed yet: stored events may be the past of its circuit. */
export async function gatewaysOfNewPorts(db: Queryable, orgId: number, ports: readonly PortName[]): Promise<string[]> {
  const rows = await db.query<{ mac: string }>(
    `select distinct u.mac from unnest($2::text[], $3::text[]) as u (mac, port)
     left join circuit c on c.org_id = $1 and c.mac = u.mac and c.port_id = u.port where c.first_observed_at is null and ${NOT_PAST}`,
    [orgId, ports.map(({ mac }) => mac), ports.map(({ portId }) => portId)],
  );
  return rows.map(({ mac }) => mac);
}

/** Gateways in this list with a port that goes by another WAN name than the stored one, or is not stored yet. */
export async function gatewaysOfNewNames(
  db: Queryable,
  orgId: number,
  ports: readonly (PortName & { readonly wanName: string | null })[],
): Promise<string[]> {
  const rows = await db.query<{ mac: string }>(
    `select distinct u.mac from unnest($2::text[], $3::text[], $4::text[]) as u (mac, port, name)
     left join circuit c on c.org_id = $1 and c.mac = u.mac and c.port_id = u.port
     where u.name is not null and c.wan_name is distinct from u.name and ${NOT_PAST}`,
    [orgId, ports.map(({ mac }) => mac), ports.map(({ portId }) => portId), ports.map(({ wanName }) => wanName)],
  );
  return rows.map(({ mac }) => mac);
}

/** The first stored event about a port of these gateways, of whatever port. */
export async function firstPortEvent(db: Queryable, orgId: number, macs: readonly string[]): Promise<StoredEvent[]> {
  if (macs.length === 0) return [];
  const rows = await db.query<{ at: Date; effect: string; received_at: Date }>(
    `select at, effect, received_at from device_event
     where org_id = $1 and mac = any($2) and effect in ('port-up', 'port-down') order by at limit 1`,
    [orgId, macs],
  );
  return rows.map((row) => ({
    circuitId: 0,
    event: { at: row.at.getTime(), state: stateOf(row.effect) },
    receivedAt: row.received_at.getTime(),
  }));
}

const EVENTS_OF_CIRCUITS = `
  select c.id, e.at, e.effect from circuit c
  join device_event e on e.org_id = c.org_id and e.mac = c.mac and e.effect in ('port-up', 'port-down')
  where c.org_id = $1 and c.id = any($2)`;

/** Events told before their port was known to be a circuit: part of its past from now on. */
export async function eventsBefore(
  db: Queryable,
  orgId: number,
  circuitIds: readonly number[],
  receivedAt: Date,
): Promise<StoredEvent[]> {
  if (circuitIds.length === 0) return [];
  const rows = await db.query<EventRow>(
    `${EVENTS_OF_CIRCUITS} and c.first_observed_at is null and e.port_id in (c.port_id, c.wan_name)`,
    [orgId, circuitIds],
  );
  return rows.map((row) => toEvent(row, receivedAt));
}

/** Events that named these circuits by the WAN name they now have, before they had it. What another circuit has taken stays with that one. */
export async function eventsByName(
  db: Queryable,
  orgId: number,
  circuitIds: readonly number[],
  receivedAt: Date,
): Promise<StoredEvent[]> {
  if (circuitIds.length === 0) return [];
  const rows = await db.query<EventRow>(
    `${EVENTS_OF_CIRCUITS} and e.port_id = c.wan_name and not exists (
       select 1 from circuit o join port_event p on p.org_id = o.org_id and p.circuit_id = o.id and p.at = e.at
       where o.org_id = c.org_id and o.mac = c.mac and o.id <> c.id and 'port-' || p.state = e.effect)`,
    [orgId, circuitIds],
  );
  return rows.map((row) => toEvent(row, receivedAt));
}

interface EventRow {
  readonly id: number;
  readonly at: Date;
  readonly effect: string;
}

const toEvent = (row: EventRow, receivedAt: Date): StoredEvent => ({
  circuitId: row.id,
  event: { at: row.at.getTime(), state: stateOf(row.effect) },
  receivedAt: receivedAt.getTime(),
});
