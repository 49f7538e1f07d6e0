import {
  DEFAULT_FACT_SETTINGS,
  HOUR_MS,
  hourOf,
  MINUTE_MS,
  stateTimeline,
  type EpochMs,
  type FactSettings,
  type Span,
  type StateTransition,
} from '@app/domain';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { Database, ensurePartitions, SETTINGS, type Settings, type Queryable, type Transaction } from '@app/shared';
import { computeTouched } from './compute.js';
import { loadInputs } from './circuit-input.repository.js';
import { sampledSpans } from './port-rows.js';
import {
  lockCircuits,
  ResolvedCircuits,
  resolveCircuits,
  updateCircuits,
  updateFactsUntil,
  type LockedCircuit,
  type PortKey,
} from './circuits.repository.js';
import type { CircuitChange, FactsInput, FactsResult } from './facts.types.js';
import { CounterMemory } from '../failovers/counter-memory.js';
import { markFailovers } from '../failovers/marks.repository.js';
import { inLanes } from '../lanes.js';
import { observationsByCircuit, takeObservations } from './head.js';
import { storeDeviceStates, storePathSamples, storePortEvents, storePortSamples, storeReads } from './observations.repository.js';
import { touchesOfDeviceStates, touchesOfPaths, touchesOfReads } from './other-touches.repository.js';
import { rederiveUtilization } from './rederive.js';
import { epochMs, instant, msOf } from './sql-time.js';
import { prepareSketchDays } from './sketch-days.js';
import { clustered, isSettled, touchesOf } from './touched.js';

export type { CircuitChange, FactsInput, FactsResult } from './facts.types.js';

/** Circuits whose hours are closed in one transaction. */
const CHUNK = 500;
/** Transactions at a time, so that one computes while Postgres answers the other. */
const LANES = 2;

/** Samples and events in, hourly facts and states out; any order, repetition and cut of the input gives the same. */
@Injectable()
export class FactsService {
  private readonly rules: FactSettings;
  private readonly memory = new CounterMemory();

  constructor(
    private readonly database: Database,
    @Optional() @Inject(SETTINGS) settings?: Settings,
  ) {
    this.rules = settings === undefined ? DEFAULT_FACT_SETTINGS : rulesOf(settings);
  }

  /** Keys of circuits by `portKey`; unknown ones are made, moved ones follow their gateway. */
  resolveCircuits(tx: Queryable, orgId: number, ports: readonly PortKey[]): Promise<ResolvedCircuits> {
    return ports.length === 0 ? Promise.resolve(new ResolvedCircuits()) : resolveCircuits(tx, orgId, ports);
  }

  /** Makes the partitions the input needs. Before the transaction: making one locks its table. */
  async prepare(input: FactsInput): Promise<void> {
    const portTimes = input.portSamples.map(({ sample }) => sample.at);
    const eventTimes = input.portEvents.map(({ event }) => event.at);
    const pathTimes = input.pathSamples.map(({ sample }) => sample.at);
    await ensurePartitions(this.database, 'port_sample', portTimes);
    await ensurePartitions(this.database, 'port_event', eventTimes);
    await ensurePartitions(this.database, 'path_sample', pathTimes);
    await ensurePartitions(this.database, 'hour_sketch', [...portTimes, ...pathTimes]);
    await ensurePartitions(
      this.database,
      'device_state',
      input.deviceStates.map(({ at }) => at),
    );
    await this.prepareHours(input, [...portTimes, ...eventTimes]);
  }

  /** Facts may be due from the last stored hour of a circuit to now, or to the last imported observation. */
  private async prepareHours(
    { orgId, origin, now }: Pick<FactsInput, 'orgId' | 'origin' | 'now'>,
    times: readonly EpochMs[],
  ): Promise<void> {
    if (times.length === 0 && origin === 'import') return;
    const [bounds] = await this.database.query<{ first: number | null; last: number | null }>(
      `select ${epochMs('min(first_observed_at)')} as first, ${epochMs('max(last_observed_at)')} as last from circuit where org_id = $1`,
      [orgId],
    );
    const known = [bounds?.first, bounds?.last].flatMap((at) => (at === null || at === undefined ? [] : [at]));
    const all = [...times, ...known, ...(origin === 'live' ? [now] : [])];
    const [from, to] = all.reduce<[number, number]>(
      ([low, high], at) => [Math.min(low, at), Math.max(high, at)],
      [Infinity, -Infinity],
    );
    await ensurePartitions(this.database, 'circuit_hour', daysBetween(from, to));
    await ensurePartitions(this.database, 'path_hour', daysBetween(from, to));
  }

  /** Stores the observations, then makes every fact, state and head anew that they touch; all in the caller's transaction. */
  async apply(tx: Transaction, input: FactsInput): Promise<FactsResult> {
    const { orgId, now } = input;
    const samples = await storePortSamples(tx, orgId, input.batchId, input.portSamples);
    const events = await storePortEvents(tx, orgId, input.portEvents);
    await storePathSamples(tx, orgId, input.pathSamples);
    await storeDeviceStates(tx, orgId, input.deviceStates);
    await storeReads(tx, orgId, input.reads);
    const cutOffs = await touchesOfDeviceStates(tx, orgId, input);
    const touches = [
      ...touchesOf(input),
      ...(await touchesOfPaths(tx, orgId, input.pathSamples)),
      ...cutOffs,
      ...(await touchesOfReads(tx, orgId, input.reads, { closedUntil: hourOf(now), maxGapMs: this.rules.maxGapMs })),
    ];
    const circuits = await lockCircuits(tx, orgId, [...new Set(touches.map(({ circuitId }) => circuitId))]);
    const open = clustered(touches).filter((touch) => !isSettled(circuits.get(touch.circuitId), touch, now));
    const failoverMarks = await markFailovers(tx, input, {
      circuits,
      cutOffs,
      maxGapMs: this.rules.maxGapMs,
      memory: this.memory,
    });
    const seen = updateHeads(input, circuits);
    const closed = await computeTouched(tx, orgId, { rules: this.rules, circuits, touches: open, now });
    await updateCircuits(
      tx,
      orgId,
      [...circuits.values()].filter(({ id }) => seen.has(id) || closed.has(id)),
    );
    return {
      changes: [...circuits.values()].map((circuit) => changeOf(circuit, closed.get(circuit.id) ?? [])),
      stored: samples + events,
      failoverMarks,
    };
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
    await ensurePartitions(this.database, 'path_hour', daysBetween(msOf(from), now));
    await prepareSketchDays(this.database, { from: msOf(from), to: now });
    return this.inChunks(
      orgId,
      due.map(({ id }) => id),
      now,
    );
  }

  /**
   * Computes hours again after something else than an observation changed: attributes, names. Without a span: all hours with samples. The
   * partitions are there: `prepareRecompute`.
   */
  async recompute(
    tx: Transaction,
    orgId: number,
    circuitIds: readonly number[],
    { span, now }: { span?: Span; now: EpochMs },
  ): Promise<void> {
    const spans =
      span === undefined ? await sampledSpans(tx, orgId, circuitIds) : circuitIds.map((id) => ({ circuitId: id, ...span }));
    const circuits = await lockCircuits(
      tx,
      orgId,
      spans.map(({ circuitId }) => circuitId),
    );
    const touches = spans.map(({ circuitId, from, to }) => ({ circuitId, from, to: to - 1, isLocal: true }));
    const closed = await computeTouched(tx, orgId, { rules: this.rules, circuits, touches, now });
    await updateFactsUntil(
      tx,
      orgId,
      [...circuits.values()].filter(({ id }) => closed.has(id)),
    );
  }

  /** Changes between up and down of these circuits in a span, as facts count them; of the running hour too. */
  async transitions(
    tx: Transaction,
    orgId: number,
    circuitIds: readonly number[],
    span: Span,
  ): Promise<Map<number, StateTransition[]>> {
    const circuits = [...(await lockCircuits(tx, orgId, circuitIds)).values()];
    if (circuits.length === 0) return new Map();
    const work = circuits.map((circuit) => ({ circuit, ...span }));
    const inputs = await loadInputs(tx, orgId, work, { now: span.to, rules: this.rules });
    return new Map(
      circuits.flatMap(({ id }, i) => {
        const input = inputs[i];
        return input === undefined ? [] : [[id, stateTimeline(input, span, this.rules).transitions]];
      }),
    );
  }

  /** Utilization of every stored hour from its bytes and the bandwidth of its time. Returns how many hours changed. */
  rederive(tx: Transaction, orgId: number, circuitIds: readonly number[]): Promise<number> {
    return rederiveUtilization(tx, orgId, circuitIds);
  }

  private async inChunks(orgId: number, circuitIds: readonly number[], now: EpochMs): Promise<CircuitChange[]> {
    const made = await inLanes(chunks(circuitIds, CHUNK), LANES, (ids) =>
      this.database.transaction(async (tx) => {
        const circuits = await lockCircuits(tx, orgId, ids);
        const closed = await computeTouched(tx, orgId, { rules: this.rules, circuits, touches: [], now });
        const touched = [...circuits.values()].filter(({ id }) => closed.has(id));
        await updateFactsUntil(tx, orgId, touched);
        return touched.map((circuit) => changeOf(circuit, closed.get(circuit.id) ?? []));
      }),
    );
    return made.flat();
  }
}

const rulesOf = ({ facts }: Settings): FactSettings => ({
  ...DEFAULT_FACT_SETTINGS,
  maxGapMs: facts.maxGapMinutes * MINUTE_MS,
  disconnectedCountsAs: facts.disconnectedCountsAs,
});

function updateHeads(input: FactsInput, circuits: ReadonlyMap<number, LockedCircuit>): Set<number> {
  const observed = observationsByCircuit(input);
  for (const [id, list] of observed) {
    const circuit = circuits.get(id);
    if (circuit !== undefined) takeObservations(circuit, list, input.origin);
  }
  return new Set(observed.keys());
}

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
