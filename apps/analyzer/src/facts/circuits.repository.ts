import type { EpochMs, PortState } from '@app/domain';
import { findAliases, type Queryable } from '@app/shared';
import { numberArray } from './sql-arrays.js';
import { epochMs, instant } from './sql-time.js';

/** What is kept of a circuit beside its facts; read under its lock. */
export interface CircuitRow {
  readonly id: number;
  readonly siteId: number;
  readonly deviceId: number | null;
  readonly portId: string;
  readonly wanName: string | null;
  readonly isLive: boolean;
  readonly disabled: boolean;
  /** Its gateway was replaced; who it was before is kept apart. */
  readonly isLinked: boolean;
  readonly firstObservedAt: EpochMs | null;
  readonly lastObservedAt: EpochMs | null;
  readonly lastImportedAt: EpochMs | null;
  /** End of the last hour that has a fact. */
  readonly factsUntil: EpochMs | null;
  readonly lastCountersAt: EpochMs | null;
  readonly state: PortState | null;
  readonly stateSince: EpochMs | null;
  readonly stateAt: EpochMs | null;
  readonly stateSource: 'event' | 'poll' | null;
  /** Since when the gateway is cut off from the cloud, as far as the inventory knows. */
  readonly cutOffSince: EpochMs | null;
}

/** A circuit's row under its lock, as the batch changes it. */
export type LockedCircuit = { -readonly [K in keyof CircuitRow]: CircuitRow[K] };

/** Whole milliseconds; `extract` would reckon in decimals, which shows with eight columns of a thousand rows. */
const ms = (column: string): string => `round(${epochMs(column)})`;

const COLUMNS = `c.id, c.site_id as "siteId", d.id as "deviceId", c.port_id as "portId", c.wan_name as "wanName", c.is_live as "isLive", c.disabled, c.is_linked as "isLinked",
  ${ms('c.first_observed_at')} as "firstObservedAt", ${ms('c.last_observed_at')} as "lastObservedAt",
  ${ms('c.last_imported_at')} as "lastImportedAt", ${ms('c.facts_until')} as "factsUntil", ${ms('c.last_counters_at')} as "lastCountersAt",
  c.state, ${ms('c.state_since')} as "stateSince", ${ms('c.state_at')} as "stateAt", c.state_source as "stateSource",
  case when d.connected = false then ${ms('d.connected_since')} end as "cutOffSince"`;

/** Locks circuits in the order of their keys, so that no two batches wait for each other, and returns what is known of them. */
export async function lockCircuits(db: Queryable, orgId: number, ids: readonly number[]): Promise<Map<number, LockedCircuit>> {
  if (ids.length === 0) return new Map();
  const rows = await db.query<LockedCircuit>(
    // A look-up for each circuit: before the first `analyze` of a new org the planner would join its circuits and devices one with all.
    `select ${COLUMNS} from circuit c left join lateral (
       select d.id, d.connected, d.connected_since from device d where d.org_id = $1 and d.mac = c.mac limit 1) d on true
     where c.org_id = $1 and c.id = any($2) order by c.id for update of c`,
    [orgId, ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

export interface PortKey {
  readonly mac: string;
  readonly portId: string;
  readonly siteId: number;
}

/** NUL separates, as no id holds one: imported ids are any text. */
export const portKey = ({ mac, portId }: { readonly mac: string; readonly portId: string }): string => `${mac}\0${portId}`;

interface KnownPort {
  readonly id: number;
  readonly mac: string;
  readonly port_id: string;
  readonly site_id: number;
}

/** Keys of circuits by `portKey`, also of ports that carried a circuit before their gateway was replaced. */
export class ResolvedCircuits extends Map<string, number> {
  private readonly until = new Map<string, EpochMs>();

  addPast(key: string, circuitId: number, untilMs: EpochMs): void {
    this.set(key, circuitId);
    this.until.set(key, untilMs);
  }

  /** Whether what the port said at that time is about its circuit: a replaced gateway, back on some desk, tells nothing of it. */
  takes(key: string, at: EpochMs): boolean {
    return at < (this.until.get(key) ?? Infinity);
  }
}

/** Finds the circuits of ports. New ones are made; one whose box stands at another site now moves there. */
export async function resolveCircuits(db: Queryable, orgId: number, ports: readonly PortKey[]): Promise<ResolvedCircuits> {
  const wanted = [...new Map(ports.map((port) => [portKey(port), port])).values()].sort((a, b) =>
    portKey(a) < portKey(b) ? -1 : 1,
  );
  const known = await findCircuits(db, orgId, wanted);
  const unknown = wanted.filter((port) => !known.has(portKey(port)));
  const past = new Map((await findAliases(db, orgId, unknown)).map((alias) => [portKey(alias), alias]));
  const missing = unknown.filter((port) => !past.has(portKey(port)));
  const moved = wanted.filter((port) => known.get(portKey(port))?.site_id !== port.siteId && known.has(portKey(port)));
  if (moved.length > 0) await moveCircuits(db, orgId, moved);
  if (missing.length > 0) {
    await db.query(
      `insert into circuit (org_id, mac, port_id, site_id) select $1, u.* from unnest($2::text[], $3::text[], $4::int[]) as u on conflict do nothing`,
      [orgId, missing.map(({ mac }) => mac), missing.map(({ portId }) => portId), missing.map(({ siteId }) => siteId)],
    );
    for (const [key, row] of await findCircuits(db, orgId, missing)) known.set(key, row);
  }
  const resolved = new ResolvedCircuits([...known].map(([key, row]) => [key, row.id]));
  for (const [key, alias] of past) resolved.addPast(key, alias.circuitId, alias.untilMs);
  return resolved;
}

async function findCircuits(db: Queryable, orgId: number, ports: readonly PortKey[]): Promise<Map<string, KnownPort>> {
  const rows = await db.query<KnownPort>(
    `select c.id, c.mac, c.port_id, c.site_id from unnest($2::text[], $3::text[]) as u (mac, port)
     join circuit c on c.org_id = $1 and c.mac = u.mac and c.port_id = u.port`,
    [orgId, ports.map(({ mac }) => mac), ports.map(({ portId }) => portId)],
  );
  return new Map(rows.map((row) => [portKey({ mac: row.mac, portId: row.port_id }), row]));
}

async function moveCircuits(db: Queryable, orgId: number, ports: readonly PortKey[]): Promise<void> {
  await db.query(
    `update circuit c set site_id = u.site from unnest($2::text[], $3::text[], $4::int[]) as u (mac, port, site)
     where c.org_id = $1 and c.mac = u.mac and c.port_id = u.port`,
    [orgId, ports.map(({ mac }) => mac), ports.map(({ portId }) => portId), ports.map(({ siteId }) => siteId)],
  );
}

/** Writes back how far circuits have facts, where nothing else of them changed. */
export async function updateFactsUntil(
  db: Queryable,
  orgId: number,
  rows: readonly Pick<CircuitRow, 'id' | 'factsUntil'>[],
): Promise<void> {
  if (rows.length === 0) return;
  await db.query(
    `update circuit c set facts_until = ${instant('u.facts')} from unnest($2::int[], $3::float8[]) as u (id, facts)
     where c.org_id = $1 and c.id = u.id and c.facts_until is distinct from ${instant('u.facts')}`,
    [orgId, numberArray(rows.map(({ id }) => id)), numberArray(rows.map(({ factsUntil }) => factsUntil))],
  );
}

/** Writes back what a batch changed of its locked circuits. */
export async function updateCircuits(db: Queryable, orgId: number, rows: readonly CircuitRow[]): Promise<void> {
  if (rows.length === 0) return;
  await db.query(
    `update circuit c set is_live = u.live, disabled = u.disabled, first_observed_at = ${instant('u.first')}, last_observed_at = ${instant('u.last')},
       last_imported_at = ${instant('u.imported')}, facts_until = ${instant('u.facts')}, last_counters_at = ${instant('u.counters')}, state = u.state, state_since = ${instant('u.since')},
       state_at = ${instant('u.at')}, state_source = u.source
     from unnest($2::int[], $3::bool[], $4::bool[], $5::float8[], $6::float8[], $7::float8[], $8::float8[],
       $9::float8[], $10::text[], $11::float8[], $12::float8[], $13::text[])
       as u (id, live, disabled, first, last, imported, facts, counters, state, since, at, source)
     where c.org_id = $1 and c.id = u.id`,
    [
      orgId,
      numberArray(rows.map((row) => row.id)),
      numberArray(rows.map((row) => row.isLive)),
      numberArray(rows.map((row) => row.disabled)),
      numberArray(rows.map((row) => row.firstObservedAt)),
      numberArray(rows.map((row) => row.lastObservedAt)),
      numberArray(rows.map((row) => row.lastImportedAt)),
      numberArray(rows.map((row) => row.factsUntil)),
      numberArray(rows.map((row) => row.lastCountersAt)),
      rows.map((row) => row.state),
      numberArray(rows.map((row) => row.stateSince)),
      numberArray(rows.map((row) => row.stateAt)),
      rows.map((row) => row.stateSource),
    ],
  );
}
