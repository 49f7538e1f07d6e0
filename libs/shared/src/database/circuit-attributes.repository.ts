import type { CircuitRole } from '@app/domain';
import { findAliases, lockLinks } from './circuit-aliases.repository.js';
import type { Database, Transaction } from './database.js';

/** What an operator says about one circuit from a date on; `null` = unchanged. `since` null = since ever. */
export interface CircuitAttributes {
  readonly mac: string;
  readonly portId: string;
  /** Only needed to load a circuit that was never seen. */
  readonly siteId: string | null;
  readonly since: Date | null;
  readonly name: string | null;
  readonly role: CircuitRole | null;
  readonly provider: string | null;
  readonly type: string | null;
  readonly bandwidthDownMbps: number | null;
  readonly bandwidthUpMbps: number | null;
}

export interface RefusedAttributes {
  /** Position in what was given. */
  readonly row: number;
  readonly reason: string;
}

export interface AttributeLoad {
  readonly rows: readonly CircuitAttributes[];
  readonly at: Date;
  readonly actor: string;
  readonly isAllOrNothing?: boolean;
}

class AllOrNothing extends Error {
  constructor(readonly refused: RefusedAttributes[]) {
    super('undone on purpose');
  }
}

/**
 * Stores what operators say; a repeat changes nothing. A row whose circuit and site are both unknown is refused, its neighbours are stored, or with
 * `isAllOrNothing` nothing is.
 * Circuits with another bandwidth are marked, in the same transaction, so that their stored hours get the utilization they should have had.
 */
export async function storeCircuitAttributes(
  db: Database,
  orgId: number,
  load: AttributeLoad,
): Promise<{ stored: number; refused: RefusedAttributes[]; rederiveDue: boolean }> {
  try {
    return await store(db, orgId, load);
  } catch (error) {
    if (error instanceof AllOrNothing) return { stored: 0, refused: error.refused, rederiveDue: false };
    throw error;
  }
}

function store(
  db: Database,
  orgId: number,
  { rows, at, actor, isAllOrNothing = false }: AttributeLoad,
): Promise<{ stored: number; refused: RefusedAttributes[]; rederiveDue: boolean }> {
  return db.transaction(async (tx) => {
    await lockLinks(tx, orgId, 'shared');
    await addUnseenCircuits(tx, orgId, rows);
    const known = await circuitKeys(tx, orgId, rows);
    const refused = rows.flatMap((row, index) =>
      known.has(keyOf(row))
        ? []
        : [{ row: index, reason: 'There is no circuit with this mac and port_id; give the site_id of a known site to add it.' }],
    );
    if (isAllOrNothing && refused.length > 0) throw new AllOrNothing(refused);
    const storable = rows.filter((row) => known.has(keyOf(row)));
    const latest = lastOfEach(storable, known);
    const changed = await withOtherBandwidth(tx, orgId, latest, known);
    await upsert(tx, orgId, latest, known);
    await tx.query('update circuit set rederive_due = true where org_id = $1 and id = any($2)', [orgId, changed]);
    await tx.query(
      `insert into audit (org_id, at, actor, action, subject, details) values ($1, $2, $3, 'circuits.attributes', 'circuits', jsonb_build_object('rows', $4::integer))`,
      [orgId, at, actor, storable.length],
    );
    return { stored: storable.length, refused, rederiveDue: changed.length > 0 };
  });
}

const keyOf = ({ mac, portId }: { mac: string; portId: string }): string => `${mac} ${portId}`;

/** One statement cannot write a row twice: of repeats the last counts, key by key. */
function lastOfEach(rows: readonly CircuitAttributes[], keys: ReadonlyMap<string, number>): CircuitAttributes[] {
  const byKey = new Map<string, CircuitAttributes>();
  for (const row of rows) {
    const key = `${String(keys.get(keyOf(row)))} ${String(row.since?.getTime() ?? '')}`;
    const given = Object.entries(row).filter(([, value]) => value !== null);
    byKey.set(key, { ...(byKey.get(key) ?? row), ...Object.fromEntries(given) });
  }
  return [...byKey.values()];
}

async function addUnseenCircuits(tx: Transaction, orgId: number, rows: readonly CircuitAttributes[]): Promise<void> {
  const placed = rows.filter((row) => row.siteId !== null);
  await tx.query(
    `insert into circuit (org_id, mac, port_id, site_id)
     select distinct on (u.mac, u.port) $1, u.mac, u.port, s.id from unnest($2::text[], $3::text[], $4::text[]) as u (mac, port, site)
       join site s on s.org_id = $1 and s.external_id = u.site
       where not exists (select 1 from circuit_alias a where a.org_id = $1 and a.mac = u.mac and a.port_id = u.port and a.released_at is null)
     order by u.mac, u.port
     on conflict (org_id, mac, port_id) do nothing`,
    [orgId, placed.map(({ mac }) => mac), placed.map(({ portId }) => portId), placed.map(({ siteId }) => siteId)],
  );
}

/**
 * Locks the circuits in the order of their keys, so that whoever makes their facts sees all of this or nothing. A port whose gateway was replaced
 * still names its circuit.
 */
async function circuitKeys(tx: Transaction, orgId: number, rows: readonly CircuitAttributes[]): Promise<Map<string, number>> {
  const found = await tx.query<{ id: number; mac: string; portId: string }>(
    `select c.id, c.mac, c.port_id as "portId" from circuit c
     where c.org_id = $1 and (c.mac, c.port_id) in (select * from unnest($2::text[], $3::text[]))`,
    [orgId, rows.map(({ mac }) => mac), rows.map(({ portId }) => portId)],
  );
  const keys = new Map(found.map((row) => [keyOf(row), row.id]));
  const past = await findAliases(
    tx,
    orgId,
    rows.filter((row) => !keys.has(keyOf(row))),
  );
  for (const alias of past) keys.set(keyOf(alias), alias.circuitId);
  const ids = [...new Set(keys.values())];
  await tx.query('select 1 from circuit where org_id = $1 and id = any($2) order by id for no key update', [orgId, ids]);
  return keys;
}

const bandwidthOf = (row: CircuitAttributes): { down: number | null; up: number | null } => ({
  down: row.bandwidthDownMbps ?? row.bandwidthUpMbps,
  up: row.bandwidthUpMbps ?? row.bandwidthDownMbps,
});

/** Keys of the circuits to which these rows give a bandwidth that is not on record. */
async function withOtherBandwidth(
  tx: Transaction,
  orgId: number,
  rows: readonly CircuitAttributes[],
  keys: ReadonlyMap<string, number>,
): Promise<number[]> {
  const found = await tx.query<{ id: number }>(
    `select distinct u.id from unnest($2::int[], $3::timestamptz[], $4::float8[], $5::float8[]) as u (id, since, down, up)
     left join circuit_attribute a
       on a.org_id = $1 and a.circuit_id = u.id and a.source = 'configured' and a.since = coalesce(u.since, '-infinity')
     where u.down is not null and (a.bandwidth_down_mbps, a.bandwidth_up_mbps) is distinct from (u.down, u.up)`,
    [
      orgId,
      rows.map((row) => keys.get(keyOf(row)) ?? null),
      rows.map((row) => row.since),
      rows.map((row) => bandwidthOf(row).down),
      rows.map((row) => bandwidthOf(row).up),
    ],
  );
  return found.map(({ id }) => id);
}

async function upsert(
  tx: Transaction,
  orgId: number,
  rows: readonly CircuitAttributes[],
  keys: ReadonlyMap<string, number>,
): Promise<void> {
  await tx.query(
    `insert into circuit_attribute as a (org_id, circuit_id, source, since, name, role, provider, type, bandwidth_down_mbps, bandwidth_up_mbps)
     select $1, u.id, 'configured', coalesce(u.since, '-infinity'), u.name, u.role, u.provider, u.type, u.down, u.up
     from unnest($2::int[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::float8[], $9::float8[])
       as u (id, since, name, role, provider, type, down, up) order by u.id
     on conflict (org_id, circuit_id, source, since) do update set
       name = coalesce(excluded.name, a.name), role = coalesce(excluded.role, a.role), provider = coalesce(excluded.provider, a.provider),
       type = coalesce(excluded.type, a.type), bandwidth_down_mbps = coalesce(excluded.bandwidth_down_mbps, a.bandwidth_down_mbps),
       bandwidth_up_mbps = coalesce(excluded.bandwidth_up_mbps, a.bandwidth_up_mbps)`,
    [
      orgId,
      rows.map((row) => keys.get(keyOf(row)) ?? null),
      rows.map((row) => row.since),
      rows.map((row) => row.name),
      rows.map((row) => row.role),
      rows.map((row) => row.provider),
      rows.map((row) => row.type),
      rows.map((row) => bandwidthOf(row).down),
      rows.map((row) => bandwidthOf(row).up),
    ],
  );
}
