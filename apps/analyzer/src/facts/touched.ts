import { DEFAULT_FACT_SETTINGS, HOUR_MS, hourOf, isInside, type EpochMs, type FactSettings } from '@app/domain';
import type { Surrounded } from './circuit-input.repository.js';
import { importedUntil } from './circuit-input.repository.js';
import type { FactsInput } from './facts.types.js';
import type { Touch, Work } from './work.js';
import type { LockedCircuit } from './circuits.repository.js';
import { tellsState } from './port-rows.js';

const { contradictMs } = DEFAULT_FACT_SETTINGS;
/** Observations of one circuit further apart are separate stretches of work. */
const CLUSTER_MS = 6 * HOUR_MS;

/** Stretches of time in which the batch observed each circuit. An event can also silence the polls of the next two minutes. */
export function touchesOf(input: Pick<FactsInput, 'portSamples' | 'portEvents'>): Touch[] {
  const instants = [
    ...input.portSamples.map(({ circuitId, sample }) => ({ circuitId, from: sample.at, to: sample.at })),
    ...input.portEvents.map(({ circuitId, event }) => ({ circuitId, from: event.at, to: event.at + contradictMs })),
  ];
  return clustered(instants);
}

/** Joins touches of one circuit that lie close together. */
export function clustered(touches: readonly Touch[]): Touch[] {
  const sorted = [...touches].sort((a, b) => a.circuitId - b.circuitId || a.from - b.from);
  const result: { circuitId: number; from: EpochMs; to: EpochMs; isLocal: boolean }[] = [];
  for (const { circuitId, from, to, isLocal = false } of sorted) {
    const last = result.at(-1);
    if (last === undefined || last.circuitId !== circuitId || from - last.to > CLUSTER_MS)
      result.push({ circuitId, from, to, isLocal });
    else {
      last.to = Math.max(last.to, to);
      last.isLocal &&= isLocal;
    }
  }
  return result;
}

/** First instant no fact may reach: the running hour of live circuits, the end of what was imported. */
export const factsEnd = (circuit: LockedCircuit, now: EpochMs): EpochMs =>
  Math.max(circuit.isLive ? hourOf(now) : -Infinity, importedUntil(circuit));

/** From the hour of the last observation before a touch to the hour of the first one after it. */
export function touchedHours(
  touch: Touch,
  { neighbours, cutOffs }: Surrounded,
  { maxGapMs }: Pick<FactSettings, 'maxGapMs'>,
): { from: EpochMs; to: EpochMs } {
  if (touch.isLocal === true) return { from: hourOf(touch.from), to: hourOf(touch.to) + HOUR_MS };
  const pollBefore = neighbours.before.findLast((poll) => tellsState(poll) && !isInside(cutOffs, poll.at))?.at ?? Infinity;
  const eventBefore = neighbours.eventBefore?.at ?? Infinity;
  const isIgnored = neighbours.eventBefore !== null && pollBefore >= eventBefore && pollBefore - eventBefore < contradictMs;
  const observedBefore =
    pollBefore === Infinity || eventBefore === Infinity
      ? Math.min(pollBefore, eventBefore)
      : isIgnored
        ? eventBefore
        : Math.max(pollBefore, eventBefore);
  const counted = neighbours.before.filter(
    (poll) => touch.from - poll.at <= maxGapMs && (poll.rxBytes !== null || poll.txBytes !== null),
  );
  const from = Math.min(touch.from, observedBefore, counted[0]?.at ?? Infinity);
  const pollAfter = neighbours.after.find((poll) => tellsState(poll) && !isInside(cutOffs, poll.at))?.at ?? Infinity;
  const countedAfter =
    neighbours.after.filter((poll) => poll.at - touch.to <= maxGapMs && (poll.rxBytes !== null || poll.txBytes !== null)).at(-1)
      ?.at ?? -Infinity;
  const to = Math.max(touch.to, Math.min(pollAfter, neighbours.eventAfter?.at ?? Infinity), countedAfter);
  return { from: hourOf(from), to: to === Infinity ? Infinity : hourOf(to) + HOUR_MS };
}

/** Clips hours to where facts may be, adds those that are due, joins what overlaps. */
export function workOf(circuit: LockedCircuit, spans: readonly { from: EpochMs; to: EpochMs }[], now: EpochMs): Work[] {
  const end = factsEnd(circuit, now);
  if (circuit.firstObservedAt === null) return [];
  const start = hourOf(circuit.firstObservedAt);
  const due = { from: circuit.factsUntil ?? start, to: end };
  const clipped = [...spans, due].map(({ from, to }) => ({ from: Math.max(from, start), to: Math.min(to, end) }));
  const work: { circuit: LockedCircuit; from: EpochMs; to: EpochMs }[] = [];
  for (const span of clipped.filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from)) {
    const last = work.at(-1);
    if (last !== undefined && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else work.push({ circuit, ...span });
  }
  return work;
}

/** News of the running hour about a circuit already observed in it changes no fact: the usual case of a live poll. */
export function isSettled(circuit: LockedCircuit | undefined, touch: Touch, now: EpochMs): boolean {
  if (circuit === undefined || touch.isLocal === true) return false;
  const start = hourOf(now);
  if (!circuit.isLive || importedUntil(circuit) > start) return false;
  const known = Math.min(circuit.stateAt ?? -Infinity, circuit.lastCountersAt ?? -Infinity);
  return known >= start && touch.from > Math.max(circuit.stateAt ?? Infinity, circuit.lastCountersAt ?? Infinity);
}
