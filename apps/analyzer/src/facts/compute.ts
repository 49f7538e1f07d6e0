import {
  HOUR_MS,
  hourFacts,
  hourOf,
  hoursBetween,
  TimelineSink,
  UNKNOWN_BANDWIDTH,
  type Bandwidth,
  type EpochMs,
  type FactSettings,
  type FactSinks,
  type HourFact,
  type Span,
} from '@app/domain';
import type { Copying, Transaction } from '@app/shared';
import { bandwidthsOf } from './bandwidth.repository.js';
import { findValidNeighbours, loadInputs } from './circuit-input.repository.js';
import type { LockedCircuit } from './circuits.repository.js';
import { storeFacts, type FactRow } from './fact-rows.repository.js';
import { sketchesOf, type HourSketches } from './hour-sketches.js';
import { PartsClock } from './parts.js';
import { computePaths } from './path-hours.js';
import { besideGone, goneHours, isGone, statesBesideGone } from '../retention/gone-hours.js';
import { storeNewFacts } from './new-facts.js';
import { storeStates, type StateSpan } from './state-rows.repository.js';
import { factsEnd, touchedHours, workOf } from './touched.js';
import type { Touch, Work } from './work.js';

/** Hours computed in one go; more are split, so that memory stays flat. */
const MAX_HOURS = 20_000;
const UNKNOWN = () => UNKNOWN_BANDWIDTH;

interface Asked {
  readonly circuits: ReadonlyMap<number, LockedCircuit>;
  readonly touches: readonly Touch[];
  readonly now: EpochMs;
  readonly rules: FactSettings;
}

/** Makes facts and states of all hours that the touches reach, and of those that are due. Returns the hours by circuit. */
export async function computeTouched(
  tx: Transaction,
  orgId: number,
  { circuits, touches, now, rules }: Asked,
): Promise<Map<number, EpochMs[]>> {
  const spans = await touchedSpans(tx, orgId, { circuits, touches, now, rules });
  const work = [...circuits.values()].flatMap((circuit) => workOf(circuit, spans.get(circuit.id) ?? [], now));
  const closed = new Map<number, EpochMs[]>();
  for (const part of parts(work)) await compute(tx, orgId, { work: part, now, rules, closed });
  for (const circuit of circuits.values()) {
    const end = factsEnd(circuit, now);
    if (Number.isFinite(end) && closed.has(circuit.id)) circuit.factsUntil = Math.max(circuit.factsUntil ?? end, end);
  }
  return closed;
}

async function touchedSpans(tx: Copying, orgId: number, { circuits, touches, rules }: Asked): Promise<Map<number, Span[]>> {
  const due = touches.flatMap((touch) => {
    const circuit = circuits.get(touch.circuitId);
    return circuit === undefined ? [] : [{ touch, circuit }];
  });
  const asked = due.filter(({ touch }) => touch.isLocal !== true);
  const around = await findValidNeighbours(
    tx,
    orgId,
    asked.map(({ touch, circuit }) => ({ circuitId: circuit.id, circuit, before: touch.from, after: touch.to + 1 })),
    rules,
  );
  const spans = new Map<number, Span[]>();
  const add = (id: number, span: Span): void => void spans.set(id, [...(spans.get(id) ?? []), span]);
  asked.forEach(({ touch }, i) => {
    const surrounded = around[i];
    if (surrounded !== undefined) add(touch.circuitId, touchedHours(touch, surrounded, rules));
  });
  for (const { touch } of due)
    if (touch.isLocal === true) add(touch.circuitId, { from: hourOf(touch.from), to: hourOf(touch.to) + HOUR_MS });
  return spans;
}

async function compute(
  tx: Transaction,
  orgId: number,
  { work, now, rules, closed }: { work: readonly Work[]; now: EpochMs; rules: FactSettings; closed: Map<number, EpochMs[]> },
): Promise<void> {
  const clock = new PartsClock();
  const inputs = await loadInputs(tx, orgId, work, { now, rules });
  const bandwidths = await bandwidthsOf(tx, orgId, [...new Set(work.map(({ circuit }) => circuit.id))]);
  clock.ends('read');
  const facts: ComputedFact[] = [];
  const states: StateSpan[] = [];
  work.forEach(({ circuit, from, to }, i) => {
    const input = inputs[i];
    if (input === undefined) return;
    const hours = hoursBetween(from, to);
    const sketches = new Map<EpochMs, HourSketches | null>();
    const timeline = new TimelineSink({ from, to });
    const bandwidthAt = bandwidths.get(circuit.id) ?? UNKNOWN;
    const onQuality: FactSinks['onQuality'] = (hour, values) => void sketches.set(hour, sketchesOf(values));
    for (const fact of hourFacts(input, hours, bandwidthAt, { ...rules, onQuality, states: timeline }))
      facts.push({
        circuitId: circuit.id,
        siteId: circuit.siteId,
        isNew: fact.hour >= (circuit.factsUntil ?? -Infinity),
        fact: withOwnSpeed(fact, bandwidthAt(fact.hour)),
        sketches: sketches.get(fact.hour) ?? null,
      });
    states.push({ circuitId: circuit.id, from, to, intervals: timeline.intervals });
    const before = closed.get(circuit.id);
    closed.set(circuit.id, before === undefined ? hours : [...before, ...hours]);
  });
  clock.ends('compute');
  const gone = await goneHours(tx, orgId, facts, { now, maxGapMs: rules.maxGapMs });
  await store(tx, orgId, gone.size === 0 ? facts : facts.filter((row) => !isGone(gone, row.circuitId, row.fact.hour)));
  await storeStates(tx, orgId, statesBesideGone(states, gone));
  clock.ends('store');
  const left = work.flatMap((each, i) =>
    besideGone(each, each.circuit.id, gone).map((stretch) => ({ stretch, input: inputs[i] })),
  );
  const paths = left.flatMap(({ stretch, input }) => (input === undefined ? [] : [{ stretch, input }]));
  await computePaths(
    tx,
    orgId,
    paths.map(({ stretch }) => stretch),
    { inputs: paths.map(({ input }) => input), now, rules },
  );
  clock.ends('paths');
}

interface ComputedFact extends FactRow {
  /** Lies behind all hours that have a fact of ours: nearly always there is none yet, not an imported one either. */
  readonly isNew: boolean;
}

async function store(tx: Transaction, orgId: number, facts: readonly ComputedFact[]): Promise<void> {
  const fresh = facts.filter(({ isNew }) => isNew);
  const isStored = await storeNewFacts(tx, orgId, fresh);
  await storeFacts(tx, orgId, 'samples', isStored ? facts.filter(({ isNew }) => !isNew) : facts);
}

/** The speed of a link is told by the polls of an hour's own bytes; without any it would depend on how far one looks. */
const withOwnSpeed = (fact: HourFact, onRecord: Bandwidth): HourFact =>
  fact.coveredMs === 0 ? { ...fact, bandwidth: onRecord } : fact;

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
