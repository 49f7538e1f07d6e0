import { DEFAULT_FACT_SETTINGS, type EpochMs, type PortState } from '@app/domain';
import type { FactsInput } from './facts.types.js';
import type { LockedCircuit } from './circuits.repository.js';

interface Observed {
  readonly at: EpochMs;
  readonly by: 'event' | 'poll';
  readonly state: PortState | null;
  readonly disabled: boolean;
  /** Both byte counters are there. */
  readonly hasCounters: boolean;
}

/** Takes the batch's observations of one circuit into its current state; what is older than that state changes only the known span. */
export function takeObservations(circuit: LockedCircuit, observed: readonly Observed[], origin: FactsInput['origin']): void {
  const inOrder = [...observed].sort((a, b) => a.at - b.at || (a.by === b.by ? 0 : a.by === 'event' ? -1 : 1));
  for (const each of inOrder) {
    noteTimes(circuit, each.at, origin);
    if (each.hasCounters) circuit.lastCountersAt = Math.max(circuit.lastCountersAt ?? each.at, each.at);
    if (each.at < (circuit.stateAt ?? -Infinity)) continue;
    if (each.by === 'poll') circuit.disabled = each.disabled;
    if (tellsHead(circuit, each)) takeState(circuit, each);
  }
}

function noteTimes(circuit: LockedCircuit, at: EpochMs, origin: FactsInput['origin']): void {
  circuit.firstObservedAt = Math.min(circuit.firstObservedAt ?? at, at);
  circuit.lastObservedAt = Math.max(circuit.lastObservedAt ?? at, at);
  if (origin === 'live') circuit.isLive = true;
  else circuit.lastImportedAt = Math.max(circuit.lastImportedAt ?? at, at);
}

/** Not a poll of a port behind a cut-off gateway, nor one that contradicts what the device itself said a moment ago. */
function tellsHead(circuit: LockedCircuit, each: Observed): each is Observed & { state: PortState } {
  if (each.state === null || each.disabled) return false;
  if (each.by === 'event') return true;
  if (circuit.cutOffSince !== null && each.at >= circuit.cutOffSince) return false;
  const contradicts = circuit.stateSource === 'event' && circuit.state !== each.state;
  return !contradicts || each.at - (circuit.stateAt ?? -Infinity) >= DEFAULT_FACT_SETTINGS.contradictMs;
}

function takeState(circuit: LockedCircuit, { state, at, by }: Observed & { state: PortState }): void {
  if (circuit.state !== state) circuit.stateSince = at;
  circuit.state = state;
  circuit.stateAt = at;
  circuit.stateSource = by;
}

/** The batch's observations by circuit. */
export function observationsByCircuit(input: Pick<FactsInput, 'portSamples' | 'portEvents'>): Map<number, Observed[]> {
  const byCircuit = new Map<number, Observed[]>();
  const add = (circuitId: number, observed: Observed): void => {
    const list = byCircuit.get(circuitId);
    if (list === undefined) byCircuit.set(circuitId, [observed]);
    else list.push(observed);
  };
  for (const { circuitId, event } of input.portEvents)
    add(circuitId, { at: event.at, by: 'event', state: event.state, disabled: false, hasCounters: false });
  for (const { circuitId, sample } of input.portSamples) {
    const state = sample.up === null ? null : sample.up ? 'up' : 'down';
    const hasCounters = sample.rxBytes !== null && sample.txBytes !== null;
    add(circuitId, { at: sample.at, by: 'poll', state, disabled: sample.disabled, hasCounters });
  }
  return byCircuit;
}
