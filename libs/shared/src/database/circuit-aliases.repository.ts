import type { Queryable, Transaction } from './database.js';

/** First key of the advisory locks that keep whoever writes observations of circuits apart from whoever joins two circuits. */
const LINKS_LOCK = 7_340_051;

/**
 * Held until the transaction ends. Writers of observations share it, so that no circuit they found is joined with another under their hands; who
 * joins circuits takes it alone. Take it before any row that others may wait for.
 */
export async function lockLinks(tx: Transaction, orgId: number, by: 'alone' | 'shared'): Promise<void> {
  const lock = by === 'alone' ? 'pg_advisory_xact_lock' : 'pg_advisory_xact_lock_shared';
  await tx.query(`select ${lock}($1, $2)`, [LINKS_LOCK, orgId]);
}

export interface PortName {
  readonly mac: string;
  readonly portId: string;
}

/** All ways to read an id (`mac:port`): imported ids are any text, so that colons may stand in both parts. */
export function portsOf(id: string): PortName[] {
  const parts = id.split(':');
  return parts.slice(1).map((_part, i) => ({ mac: parts.slice(0, i + 1).join(':'), portId: parts.slice(i + 1).join(':') }));
}

/** A port that carried a circuit before its gateway was replaced. */
export interface CircuitAlias extends PortName {
  readonly circuitId: number;
  readonly siteId: number;
  /** Epoch ms; what the port says at or after this is no longer about the circuit. */
  readonly untilMs: number;
}

const COLUMNS = `a.mac, a.port_id as "portId", a.circuit_id as "circuitId", c.site_id as "siteId", extract(epoch from a.until)::float8 * 1000 as "untilMs"`;
const FROM = 'circuit_alias a join circuit c on c.org_id = a.org_id and c.id = a.circuit_id';

/** The circuits these ports once carried; ports that carry one today are none of its business. */
export async function findAliases(db: Queryable, orgId: number, ports: readonly PortName[]): Promise<CircuitAlias[]> {
  if (ports.length === 0) return [];
  return db.query<CircuitAlias>(
    `select ${COLUMNS} from unnest($2::text[], $3::text[]) as u (mac, port)
     join ${FROM} on a.org_id = $1 and a.mac = u.mac and a.port_id = u.port and a.released_at is null`,
    [orgId, ports.map(({ mac }) => mac), ports.map(({ portId }) => portId)],
  );
}

/** The circuits that any port of these gateways once carried. */
export function findAliasesOfGateways(db: Queryable, orgId: number, macs: readonly string[]): Promise<CircuitAlias[]> {
  return db.query<CircuitAlias>(
    `select ${COLUMNS} from ${FROM} where a.org_id = $1 and a.mac = any($2) and a.released_at is null`,
    [orgId, [...new Set(macs)]],
  );
}
