import { DEFAULT_FACT_SETTINGS, HOUR_MS, hourFacts, hourOf, hoursBetween, stateTimeline, UNKNOWN_BANDWIDTH, type EpochMs, type HourFact, type Span } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { Database, ensurePartitions, type Queryable, type Transaction } from '@app/shared';
import { bandwidthsOf } from './bandwidth.repository.js';
import { findValidNeighbours, loadInputs } from './circuit-input.repository.js';
import { sampledSpans } from './port-rows.js';
import { lockCircuits, resolveCircuits, updateCircuits, type LockedCircuit, type PortKey } from './circuits.repository.js';
import { storeFacts, type FactRow } from './fact-rows.repository.js';
import type { CircuitChange, FactsInput, FactsResult } from './facts.types.js';
import type { Touch, Work } from './work.js';
import { observationsByCircuit, takeObservations } from './head.js';
import { storeDeviceStates, storePathSamples, storePortEvents, storePortSamples, storeReads } from './observations.repository.js';
import { touchesOfDeviceStates, touchesOfPaths, touchesOfReads } from './other-touches.repository.js';
import { rederiveUtilization } from './rederive.js';
import { storeStates, type StateSpan } from './state-rows.repository.js';
import { epochMs, instant, msOf } from './sql-time.js';
import { clustered, factsEnd, isSettled, touchedHours, touchesOf, workOf } from './touched.js';

export type { CircuitChange, FactsInput, FactsResult } from './facts.types.js';

const SETTINGS = DEFAULT_FACT_SETTINGS;
/** Circuits whose hours are closed in one transaction. */
const CHUNK = 500;
/** Hours computed in one go; more are split, so that memory stays flat. */
const MAX_HOURS = 20_000;
const UNKNOWN = () => UNKNOWN_BANDWIDTH;

/** Samples and events in, hourly facts and states out; any order, repetition and cut of the input gives the same. */
@Injectable()
export class FactsService {
  constructor(private readonly database: Database) {}

  /** Keys of circuits by `mac|port`; unknown ones are made, moved ones follow their gateway. */
  resolveCircuits(tx: Queryable, orgId: number, ports: readonly PortKey[]): Promise<Map<string, number>> {
    return ports.length === 0 ? Promise.resolve(new Map()) : resolveCircuits(tx, orgId, ports);
  }

  /** Makes the partitions the input needs. Before the transaction: making one locks its table. */
  async prepare(input: FactsInput): Promise<void> {
    const portTimes = input.portSamples.map(({ sample }) => sample.at);
    const eventTimes = input.portEvents.map(({ event }) => event.at);
    await ensurePartitions(this.database, 'port_sample', portTimes);
    await ensurePartitions(this.database, 'port_event', eventTimes);
    await ensurePartitions(this.database, 'path_sample', input.pathSamples.map(({ sample }) => sample.at));
    await ensurePartitions(this.database, 'device_state', input.deviceStates.map(({ at }) => at));
    await this.prepareHours(input, [...portTimes, ...eventTimes]);
  }

  /** Facts may be due from the last stored hour of a circuit to now, or to the last imported observation. */
  private async prepareHours({ orgId, origin, now }: Pick<FactsInput, 'orgId' | 'origin' | 'now'>, times: readonly EpochMs[]): Promise<void> {
    if (times.length === 0 && origin === 'import') return;
    const [bounds] = await this.database.query<{ first: number | null; last: number | null }>(
      `select ${epochMs('min(first_observed_at)')} as first, ${epochMs('max(last_observed_at)')} as last from circuit where org_id = $1`,
      [orgId],
    );
    const known = [bounds?.first, bounds?.last].flatMap((at) => (at === null || at === undefined ? [] : [at]));
    const all = [...times, ...known, ...(origin === 'live' ? [now] : [])];
    const [from, to] = all.reduce<[number, number]>(([low, high], at) => [Math.min(low, at), Math.max(high, at)], [Infinity, -Infinity]);
    await ensurePartitions(this.database, 'circuit_hour', daysBetween(from, to));
  }

  /** Stores the observations, then makes every fact, state and head anew that they touch; all in the caller's transaction. */
  async apply(tx: Transaction, input: FactsInput): Promise<FactsResult> {
    const { orgId, now } = input;
    const samples = await storePortSamples(tx, orgId, input.batchId, input.portSamples);
    const events = await storePortEvents(tx, orgId, input.portEvents);
    await storePathSamples(tx, orgId, input.pathSamples);
    await storeDeviceStates(tx, orgId, input.deviceStates);
    await storeReads(tx, orgId, input.reads);
    const touches = [
      ...touchesOf(input),
      ...(await touchesOfPaths(tx, orgId, input.pathSamples)),
      ...(await touchesOfDeviceStates(tx, orgId, input)),
      ...(await touchesOfReads(tx, orgId, input.reads, hourOf(now))),
    ];
    const circuits = await lockCircuits(tx, orgId, [...new Set(touches.map(({ circuitId }) => circuitId))]);
    const open = clustered(touches).filter((touch) => !isSettled(circuits.get(touch.circuitId), touch, now));
    const seen = updateHeads(input, circuits);
    const closed = await this.computeTouched(tx, orgId, { circuits, touches: open, now });
    await updateCircuits(tx, orgId, [...circuits.values()].filter(({ id }) => seen.has(id) || closed.has(id)));
    return { changes: [...circuits.values()].map((circuit) => changeOf(circuit, closed.get(circuit.id) ?? [])), stored: samples + events };
  }

  /** Facts of all live circuits up to the last closed hour, also where nothing was seen. */
  async closeHours(orgId: number, now: EpochMs): Promise<CircuitChange[]> {
    const due = await this.database.query<{ id: number; from_ms: number }>(
      `select id, ${epochMs('coalesce(facts_until, first_observed_at)')} as from_ms from circuit
       where org_id = $1 and is_live and first_observed_at < ${instant('$2::float8')} and (facts_until is null or facts_until < ${instant('$2::float8')}) order by id`,
      [orgId, hourOf(now)],
    );
    if (due.length === 0) return [];
    const from = due.reduce((min, row) => Math.min(min, row.from_ms), Infinity);
    await ensurePartitions(this.database, 'circuit_hour', daysBetween(msOf(from), now));
    return this.inChunks(orgId, due.map(({ id }) => id), now, () => []);
  }

  /** Computes hours again after something else than an observation changed: attributes, names. Without a span: all hours with samples. */
  async recompute(tx: Transaction, orgId: number, circuitIds: readonly number[], { span, now }: { span?: Span; now: EpochMs }): Promise<void> {
    const spans = span === undefined ? await sampledSpans(tx, orgId, circuitIds) : circuitIds.map((id) => ({ circuitId: id, ...span }));
    const circuits = await lockCircuits(tx, orgId, spans.map(({ circuitId }) => circuitId));
    const touches = spans.map(({ circuitId, from, to }) => ({ circuitId, from, to: to - 1, isLocal: true }));
    const closed = await this.computeTouched(tx, orgId, { circuits, touches, now });
    await updateCircuits(tx, orgId, [...circuits.values()].filter(({ id }) => closed.has(id)));
  }

  /** Utilization of every stored hour from its bytes and the bandwidth of its time. Returns how many hours changed. */
  rederive(tx: Transaction, orgId: number, circuitIds: readonly number[]): Promise<number> {
    return rederiveUtilization(tx, orgId, circuitIds);
  }

  private async inChunks(orgId: number, circuitIds: readonly number[], now: EpochMs, touchesFor: (id: number) => Touch[]): Promise<CircuitChange[]> {
    const changes: CircuitChange[] = [];
    for (const ids of chunks(circuitIds, CHUNK)) {
      const made = await this.database.transaction(async (tx) => {
        const circuits = await lockCircuits(tx, orgId, ids);
        const closed = await this.computeTouched(tx, orgId, { circuits, touches: ids.flatMap(touchesFor), now });
        const touched = [...circuits.values()].filter(({ id }) => closed.has(id));
        await updateCircuits(tx, orgId, touched);
        return touched.map((circuit) => changeOf(circuit, closed.get(circuit.id) ?? []));
      });
      changes.push(...made);
    }
    return changes;
  }

  private async computeTouched(
    tx: Queryable,
    orgId: number,
    { circuits, touches, now }: { circuits: ReadonlyMap<number, LockedCircuit>; touches: readonly Touch[]; now: EpochMs },
  ): Promise<Map<number, EpochMs[]>> {
    const spans = await this.touchedSpans(tx, orgId, { circuits, touches, now });
    const work = [...circuits.values()].flatMap((circuit) => workOf(circuit, spans.get(circuit.id) ?? [], now));
    const closed = new Map<number, EpochMs[]>();
    for (const part of parts(work)) await this.compute(tx, orgId, { work: part, now, closed });
    for (const circuit of circuits.values()) {
      const end = factsEnd(circuit, now);
      if (Number.isFinite(end) && closed.has(circuit.id)) circuit.factsUntil = Math.max(circuit.factsUntil ?? end, end);
    }
    return closed;
  }

  private async touchedSpans(
    tx: Queryable,
    orgId: number,
    { circuits, touches, now }: { circuits: ReadonlyMap<number, LockedCircuit>; touches: readonly Touch[]; now: EpochMs },
  ): Promise<Map<number, Span[]>> {
    const due = touches.flatMap((touch) => {
      const circuit = circuits.get(touch.circuitId);
      return circuit === undefined ? [] : [{ touch, circuit }];
    });
    const asked = due.filter(({ touch }) => touch.isLocal !== true);
    const around = await findValidNeighbours(tx, orgId, asked.map(({ touch, circuit }) => ({ circuitId: circuit.id, circuit, before: touch.from, after: touch.to + 1 })));
    const spans = new Map<number, Span[]>();
    const add = (id: number, span: Span): void => void spans.set(id, [...(spans.get(id) ?? []), span]);
    asked.forEach(({ touch }, i) => {
      const surrounded = around[i];
      if (surrounded !== undefined) add(touch.circuitId, touchedHours(touch, surrounded));
    });
    for (const { touch } of due) if (touch.isLocal === true) add(touch.circuitId, { from: hourOf(touch.from), to: hourOf(touch.to) + HOUR_MS });
    return spans;
  }

  private async compute(tx: Queryable, orgId: number, { work, now, closed }: { work: readonly Work[]; now: EpochMs; closed: Map<number, EpochMs[]> }): Promise<void> {
    const inputs = await loadInputs(tx, orgId, work, now);
    const bandwidths = await bandwidthsOf(tx, orgId, [...new Set(work.map(({ circuit }) => circuit.id))]);
    const facts: FactRow[] = [];
    const states: StateSpan[] = [];
    work.forEach(({ circuit, from, to }, i) => {
      const input = inputs[i];
      if (input === undefined) return;
      const hours = hoursBetween(from, to);
      for (const fact of hourFacts(input, hours, bandwidths.get(circuit.id) ?? UNKNOWN, SETTINGS)) facts.push({ circuitId: circuit.id, siteId: circuit.siteId, fact: withOwnSpeed(fact) });
      states.push({ circuitId: circuit.id, from, to, intervals: stateTimeline(input, { from, to }, SETTINGS).intervals });
      closed.set(circuit.id, [...(closed.get(circuit.id) ?? []), ...hours]);
    });
    await storeFacts(tx, orgId, 'samples', facts);
    await storeStates(tx, orgId, states);
  }
}

function updateHeads(input: FactsInput, circuits: ReadonlyMap<number, LockedCircuit>): Set<number> {
  const observed = observationsByCircuit(input);
  for (const [id, list] of observed) {
    const circuit = circuits.get(id);
    if (circuit !== undefined) takeObservations(circuit, list, input.origin);
  }
  return new Set(observed.keys());
}

/** The speed of a link is told by the polls of an hour's own bytes; without any it would depend on how far one looks. */
const withOwnSpeed = (fact: HourFact): HourFact => (fact.coveredMs === 0 && fact.bandwidth.source === 'link_speed' ? { ...fact, bandwidth: UNKNOWN_BANDWIDTH } : fact);

const changeOf = (circuit: LockedCircuit, closedHours: readonly EpochMs[]): CircuitChange => ({
  circuitId: circuit.id,
  siteId: circuit.siteId,
  state: circuit.state,
  stateSince: circuit.stateSince,
  stateAt: circuit.stateAt,
  disabled: circuit.disabled,
  closedHours,
});

function daysBetween(from: EpochMs, to: EpochMs): EpochMs[] {
  const days: EpochMs[] = [];
  for (let at = from; at < to + 24 * HOUR_MS; at += 24 * HOUR_MS) days.push(Math.min(at, to));
  return days;
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
}

/** Work in portions of bounded size; a long stretch is cut into several. */
function* parts(work: readonly Work[]): Generator<Work[]> {
  let [part, hours]: [Work[], number] = [[], 0];
  for (const each of work) {
    for (let from = each.from; from < each.to; from += MAX_HOURS * HOUR_MS) {
      const to = Math.min(each.to, from + MAX_HOURS * HOUR_MS);
      part.push({ ...each, from, to });
      hours += (to - from) / HOUR_MS;
      if (hours < MAX_HOURS) continue;
      yield part;
      [part, hours] = [[], 0];
    }
  }
  if (part.length > 0) yield part;
}
