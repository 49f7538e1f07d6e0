import type { EpochMs } from '@app/domain';
import { findAliases, lockLinks, portsOf } from './circuit-aliases.repository.js';
import { moveAlerts } from './circuit-link.alerts.js';
import { moveFailovers } from './circuit-link.failovers.js';
import {
  dropOutside,
  markBoth,
  moveAttributes,
  moveHours,
  moveObservations,
  movePaths,
  moveStates,
  type Joining,
  type Moved,
} from './circuit-link.moves.js';
import type { Database, Transaction } from './database.js';

export interface LinkRequest {
  readonly orgId: number;
  /** `mac:port` of the circuit whose gateway was replaced. */
  readonly oldId: string;
  /** `mac:port` under which it goes on. */
  readonly newId: string;
  /** From when on the new port counts; default: its first observation. Only with force. */
  readonly at: EpochMs | null;
  /** Both were seen at the same time: leave out what lies on the wrong side of the change. */
  readonly isForced: boolean;
  /** Says what would happen and undoes it. */
  readonly isDryRun: boolean;
  readonly now: EpochMs;
  readonly actor: string;
}

export interface LinkOutcome {
  /** `linked-before`: a repeat, nothing was done. */
  readonly outcome: 'linked' | 'linked-before' | 'dry-run';
  /** Our key of the circuit that goes on. */
  readonly circuitKey: number;
  readonly id: string;
  /** From here on the new port counts. */
  readonly since: EpochMs;
  readonly moved: Moved & { readonly alerts: number };
  /** Observations that lay on the wrong side of the change. */
  readonly dropped: number;
}

export type LinkRefusal = 'unknown' | 'same' | 'cyclic' | 'order' | 'overlap';
export interface LinkRefused {
  readonly outcome: 'refused';
  readonly code: LinkRefusal;
  readonly reason: string;
}

interface Side {
  readonly id: number;
  readonly mac: string;
  readonly portId: string;
  readonly first: EpochMs | null;
  /** Last observation that says something: not one of a gateway that is cut off. */
  readonly last: EpochMs | null;
}

const idOf = ({ mac, portId }: { mac: string; portId: string }): string => `${mac}:${portId}`;
const NOTHING = { samples: 0, events: 0, paths: 0, hours: 0, states: 0, attributes: 0, alerts: 0 };

class DryRun extends Error {
  constructor(readonly result: LinkOutcome) {
    super('undone on purpose');
  }
}

/**
 * The circuit of a replaced gateway goes on: one circuit with the whole history under the identity of the new port. The old identity stays known, so
 * that late data finds it. What has samples is computed again by the analyzer (`rederive-circuits`), across the change too.
 */
export async function linkCircuits(db: Database, request: LinkRequest): Promise<LinkOutcome | LinkRefused> {
  try {
    return await db.transaction(async (tx) => {
      await lockLinks(tx, request.orgId, 'alone');
      const result = await link(tx, request);
      if (request.isDryRun && result.outcome === 'linked') throw new DryRun({ ...result, outcome: 'dry-run' });
      return result;
    });
  } catch (error) {
    if (error instanceof DryRun) return error.result;
    throw error;
  }
}

async function link(tx: Transaction, request: LinkRequest): Promise<LinkOutcome | LinkRefused> {
  const { orgId, oldId, newId, now, actor } = request;
  if (oldId === newId)
    return refused('same', `${oldId} is named twice; name the port that was replaced and the one that carries on.`);
  const [old, fresh] = [await lookUp(tx, orgId, oldId), await lookUp(tx, orgId, newId)];
  const past = await repeatOrRefusal(tx, request, { old, fresh });
  if (past !== null) return past;
  if (old === null || fresh === null)
    return refused(
      'unknown',
      `The ${old === null ? 'old' : 'new'} circuit is not known in this organization; the list of circuits shows all ids (mac:port).`,
    );
  if (old.id === fresh.id) return refused('same', `${oldId} and ${newId} are one circuit already.`);
  const seam = request.at ?? fresh.first ?? now;
  const refusal = sidesRefused(request, { old, fresh, seam });
  if (refusal !== null) return refusal;
  const joining: Joining = { orgId, kept: old.id, joined: fresh.id, seam: new Date(seam) };
  const { moved, dropped } = await join(tx, joining, new Date(now));
  await takeIdentity(tx, joining, { old, now: new Date(now), actor });
  await tx.query(`insert into audit (org_id, at, actor, action, subject, details) values ($1, $2, $3, 'circuits.link', $4, $5)`, [
    orgId,
    new Date(now),
    actor,
    `circuit:${String(old.id)}`,
    JSON.stringify({ from: idOf(old), to: idOf(fresh), since: joining.seam, moved, dropped }),
  ]);
  return { outcome: 'linked', circuitKey: old.id, id: idOf(fresh), since: seam, moved, dropped };
}

const refused = (code: LinkRefusal, reason: string): LinkRefused => ({ outcome: 'refused', code, reason });

/** The circuit that now has this id. */
async function lookUp(tx: Transaction, orgId: number, id: string): Promise<Side | null> {
  const ports = portsOf(id);
  const [row] = await tx.query<Side>(
    `select c.id, c.mac, c.port_id as "portId", (extract(epoch from c.first_observed_at) * 1000)::float8 as first,
       (extract(epoch from case when d.connected = false then least(c.last_observed_at, d.connected_since) else c.last_observed_at end) * 1000)::float8 as last
     from circuit c left join device d on d.org_id = c.org_id and d.mac = c.mac
     where c.org_id = $1 and (c.mac, c.port_id) in (select * from unnest($2::text[], $3::text[])) order by c.id limit 1`,
    [orgId, ports.map(({ mac }) => mac), ports.map(({ portId }) => portId)],
  );
  return row ?? null;
}

/** An old id that is the past of another circuit: linked before, or linked the other way round. */
async function repeatOrRefusal(
  tx: Transaction,
  { orgId, oldId, newId }: LinkRequest,
  { old, fresh }: { old: Side | null; fresh: Side | null },
): Promise<LinkOutcome | LinkRefused | null> {
  const [oldPast] = old === null ? await findAliases(tx, orgId, portsOf(oldId)) : [];
  const [newPast] = fresh === null ? await findAliases(tx, orgId, portsOf(newId)) : [];
  const isLaterId = newPast !== undefined && newPast.circuitId === oldPast?.circuitId && oldPast.untilMs < newPast.untilMs;
  if (oldPast !== undefined && (fresh?.id === oldPast.circuitId || isLaterId))
    return {
      outcome: 'linked-before',
      circuitKey: oldPast.circuitId,
      id: newId,
      since: oldPast.untilMs,
      moved: NOTHING,
      dropped: 0,
    };
  if (newPast !== undefined && (old?.id === newPast.circuitId || oldPast?.circuitId === newPast.circuitId))
    return refused(
      'cyclic',
      `${newId} is an earlier id of the circuit of ${oldId}: it cannot come after it. Unlink ${newId} first if that gateway is back in use.`,
    );
  if (oldPast !== undefined || newPast !== undefined)
    return refused(
      'unknown',
      `The ${oldPast === undefined ? 'new' : 'old'} id is an earlier one of another circuit that was linked before; use the id that circuit has now.`,
    );
  return null;
}

const timeOf = (at: EpochMs): string => new Date(at).toISOString();

function sidesRefused(
  { isForced, at, oldId, newId, now }: LinkRequest,
  { old, fresh, seam }: { old: Side; fresh: Side; seam: EpochMs },
): LinkRefused | null {
  if (seam > now) return refused('order', `${timeOf(seam)} lies in the future; a circuit goes on from a moment that has been.`);
  if (old.first !== null && fresh.last !== null && fresh.last < old.first)
    return refused(
      'order',
      `${newId} was last seen at ${timeOf(fresh.last)}, before ${oldId} was first seen at ${timeOf(old.first)}; are they the other way round?`,
    );
  const from = Math.max(old.first ?? Infinity, fresh.first ?? Infinity);
  const to = Math.min(old.last ?? -Infinity, fresh.last ?? -Infinity);
  const isCut = (old.last ?? -Infinity) >= seam || (fresh.first ?? Infinity) < seam;
  if (isForced || (!isCut && from > to)) return null;
  if (from > to)
    return refused('overlap', `${timeOf(at ?? seam)} would leave out observations of one of the two; force it, or name no time.`);
  return refused(
    'overlap',
    `${oldId} and ${newId} were both seen from ${timeOf(from)} to ${timeOf(to)}, so they may be two circuits. With force ${newId} counts from ${timeOf(seam)} on, ` +
      `and what ${oldId} said since, or ${newId} before, is left out; another moment of the change can be named.`,
  );
}

async function join(tx: Transaction, joining: Joining, now: Date): Promise<{ moved: LinkOutcome['moved']; dropped: number }> {
  const { orgId, kept, joined } = joining;
  await tx.query('select 1 from circuit where org_id = $1 and id = any($2) order by id for update', [orgId, [kept, joined]]);
  await markBoth(tx, joining);
  const dropped = await dropOutside(tx, joining);
  const paths = await movePaths(tx, joining);
  const { samples, events } = await moveObservations(tx, joining);
  const hours = await moveHours(tx, joining);
  const states = await moveStates(tx, joining);
  const attributes = await moveAttributes(tx, joining);
  await moveFailovers(tx, joining, now);
  const alerts = await moveAlerts(tx, { orgId, kept, joined, now });
  await tx.query('update maintenance set circuit_id = $2 where org_id = $1 and circuit_id = $3', [orgId, kept, joined]);
  return { moved: { samples, events, paths, hours, states, attributes, alerts }, dropped };
}

/** The circuit that is kept becomes the port that carries on; what it was before is remembered. */
async function takeIdentity(
  tx: Transaction,
  { orgId, kept, joined, seam }: Joining,
  { old, now, actor }: { old: Side; now: Date; actor: string },
): Promise<void> {
  await tx.query('update circuit_alias set circuit_id = $2 where org_id = $1 and circuit_id = $3', [orgId, kept, joined]);
  // In one statement the unique identity would be there twice for a moment, so the joined row goes first and is handed on.
  const [row] = await tx.query<{ row: string }>(
    'delete from circuit where org_id = $1 and id = $2 returning row_to_json(circuit)::text as row',
    [orgId, joined],
  );
  await tx.query(
    `update circuit c set mac = n.mac, port_id = n.port_id, site_id = n.site_id, wan_name = coalesce(n.wan_name, c.wan_name),
       is_live = c.is_live or n.is_live, disabled = n.disabled, first_observed_at = least(c.first_observed_at, n.first_observed_at),
       last_observed_at = case when n.last_observed_at is null then c.last_observed_at else n.last_observed_at end,
       last_imported_at = greatest(c.last_imported_at, n.last_imported_at), facts_until = greatest(c.facts_until, n.facts_until),
       state = case when n.state_at is null then c.state else n.state end, state_since = case when n.state_at is null then c.state_since
         when n.state = c.state and c.state_at <= $4 then c.state_since else n.state_since end,
       state_at = coalesce(n.state_at, c.state_at), state_source = case when n.state_at is null then c.state_source else n.state_source end,
       last_counters_at = coalesce(n.last_counters_at, c.last_counters_at), is_linked = true, rederive_due = true
     from json_populate_record(null::circuit, $3::json) n where c.org_id = $1 and c.id = $2`,
    [orgId, kept, row?.row, seam],
  );
  await tx.query(
    `insert into circuit_alias (org_id, mac, port_id, circuit_id, until, linked_at, actor) values ($1, $2, $3, $4, $5, $6, $7)`,
    [orgId, old.mac, old.portId, kept, seam, now, actor],
  );
}

/** Forgets that a port once carried another circuit: from its next observation on it is a circuit of its own. False: it was no earlier id. */
export async function unlinkCircuit(
  db: Database,
  { orgId, id, now, actor }: { orgId: number; id: string; now: EpochMs; actor: string },
): Promise<boolean> {
  const ports = portsOf(id);
  return db.transaction(async (tx) => {
    await lockLinks(tx, orgId, 'alone');
    const gone = await tx.query<{ circuit_id: number }>(
      `update circuit_alias set released_at = $4
       where org_id = $1 and released_at is null and (mac, port_id) in (select * from unnest($2::text[], $3::text[])) returning circuit_id`,
      [orgId, ports.map(({ mac }) => mac), ports.map(({ portId }) => portId), new Date(now)],
    );
    for (const { circuit_id: circuitId } of gone)
      await tx.query(
        `insert into audit (org_id, at, actor, action, subject, details) values ($1, $2, $3, 'circuits.unlink', $4, $5)`,
        [orgId, new Date(now), actor, `circuit:${String(circuitId)}`, JSON.stringify({ from: id })],
      );
    return gone.length > 0;
  });
}
