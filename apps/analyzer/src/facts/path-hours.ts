import {
  DAY_MS,
  HOUR_MS,
  hourOf,
  hoursBetween,
  pathHours,
  type CircuitInput,
  type EpochMs,
  type FactSettings,
  type PathHour,
  type PathSample,
  type PathState,
} from '@app/domain';
import type { Copying, Queryable, Transaction } from '@app/shared';
import { droppedDays } from '../retention/arrivals.repository.js';
import { SURELY_KEPT_MS } from '../retention/gone-hours.js';
import { importedUntil } from './circuit-input.repository.js';
import { cutOffsOf } from './cut-offs.repository.js';
import {
  carriedUntil,
  deletePathHours,
  lastPathStates,
  pathStates,
  storePathHours,
  type CircuitSpan,
  type PathHourRow,
  type StoredState,
} from './path-hours.repository.js';
import { storeNewPathHours } from './new-path-hours.js';
import { loadPaths } from './paths.repository.js';
import { factsEnd } from './touched.js';
import type { Work } from './work.js';

/** How far back the last state of a peer is looked for that was away: a transition is counted against it. */
const LOOK_BACK_MS = 31 * 24 * HOUR_MS;

type PathInput = Pick<CircuitInput, 'paths' | 'cutOffs' | 'holdUntil'>;
type States = ReadonlyMap<string, PathState>;
const NO_STATES: States = new Map();

interface Asked {
  readonly now: EpochMs;
  readonly rules: FactSettings;
}

const spanOf = ({ circuit, from, to }: Work): CircuitSpan => ({ circuitId: circuit.id, from, to });

/**
 * Makes the hours of all peer paths of the work anew from the readings. An hour begins with the state in which the stored one before it ended; where that
 * changes for hours after the work, they are made anew too.
 */
export async function computePaths(
  tx: Transaction,
  orgId: number,
  work: readonly Work[],
  { inputs, now, rules }: Asked & { inputs: readonly PathInput[] },
): Promise<void> {
  const remade = await remake(tx, orgId, { work, inputs, rules });
  const open = work.flatMap((each, i) => {
    const end = factsEnd(each.circuit, now);
    const peers = each.to < end ? changedEnds(remade[i]) : NONE_CHANGED;
    return peers.size > 0 ? [{ each, peers, end }] : [];
  });
  if (open.length === 0) return;
  const later = open.map(({ each, peers, end }) => ({
    circuitId: each.circuit.id,
    from: each.to,
    to: end,
    peers: [...peers.keys()],
  }));
  const until = await carriedUntil(tx, orgId, later);
  const further = open.flatMap(({ each, peers, end }, i): Work[] => {
    const holds = Math.max(
      ...[...peers.values()].map((last) => (last === null ? -Infinity : hourOf(last.at + rules.maxGapMs - 1) + HOUR_MS)),
    );
    const to = Math.min(end, Math.max(until[i] ?? -Infinity, holds));
    return each.to < to ? [{ circuit: each.circuit, from: each.to, to }] : [];
  });
  const again = await untilDropped(tx, joined(further), now);
  await remake(tx, orgId, { work: again, inputs: await inputsOf(tx, orgId, again, now), rules });
}

/** Hours whose readings were dropped cannot be made anew: they keep what they have, and so does all that follows them. */
async function untilDropped(tx: Queryable, work: readonly Work[], now: EpochMs): Promise<Work[]> {
  const old = work.filter(({ from }) => from < now - SURELY_KEPT_MS);
  if (old.length === 0) return [...work];
  const days = await droppedDays(tx, Math.min(...old.map(({ from }) => from)) - DAY_MS, Math.max(...old.map(({ to }) => to)));
  return work.flatMap((each) => {
    const first = days.filter((day) => day + DAY_MS > each.from).reduce((a, b) => Math.min(a, b), Infinity);
    const to = Math.min(each.to, first);
    return each.from < to ? [{ ...each, to }] : [];
  });
}

/** Ascending work of each circuit without overlaps. */
function joined(work: readonly Work[]): Work[] {
  const result: Work[] = [];
  for (const each of [...work].sort((a, b) => a.circuit.id - b.circuit.id || a.from - b.from)) {
    const last = result.at(-1);
    if (last?.circuit.id === each.circuit.id && each.from <= last.to)
      result[result.length - 1] = { ...last, to: Math.max(last.to, each.to) };
    else result.push(each);
  }
  return result;
}

/** Hours of one item as they were stored and as they are now, with the states before them. */
interface Remade {
  readonly stored: readonly StoredState[];
  readonly rows: readonly PathHour[];
  readonly priors: States;
}

/** Stores the hours of the work, and tells them per item. */
async function remake(
  tx: Transaction,
  orgId: number,
  { work, inputs, rules }: { work: readonly Work[]; inputs: readonly PathInput[]; rules: FactSettings },
): Promise<Remade[]> {
  if (work.length === 0) return [];
  const priors = await priorsOf(tx, orgId, { work, inputs, rules });
  const stored = await storedBefore(tx, orgId, work);
  const rows = work.map(({ from, to }, i): PathHour[] => {
    const input = inputs[i];
    const known = priors[i] ?? NO_STATES;
    if (input === undefined || (input.paths.length === 0 && known.size === 0)) return [];
    return pathHours(within(input.paths, from, to), hoursBetween(from, to), {
      ...input,
      maxGapMs: rules.maxGapMs,
      priors: known,
    });
  });
  await deletePathHours(
    tx,
    orgId,
    work.flatMap(({ circuit }, i) => goneOf(stored[i] ?? [], rows[i] ?? []).map((each) => ({ ...each, circuitId: circuit.id }))),
  );
  await store(tx, orgId, work, rows);
  return work.map((_each, i) => ({ stored: stored[i] ?? [], rows: rows[i] ?? [], priors: priors[i] ?? NO_STATES }));
}

/** Hours behind all that have a fact never had paths either, nearly: they are appended. */
async function store(tx: Transaction, orgId: number, work: readonly Work[], made: readonly PathHour[][]): Promise<void> {
  const [fresh, known]: [PathHourRow[], PathHourRow[]] = [[], []];
  work.forEach(({ circuit: { id: circuitId, factsUntil } }, i) => {
    for (const row of made[i] ?? []) (row.hour >= (factsUntil ?? -Infinity) ? fresh : known).push({ circuitId, row });
  });
  const isStored = await storeNewPathHours(tx, orgId, fresh);
  await storePathHours(tx, orgId, isStored ? known : [...known, ...fresh]);
}

/** Readings may have been loaded for more hours than are made; ascending. */
const within = (paths: readonly PathSample[], from: EpochMs, to: EpochMs): readonly PathSample[] =>
  (paths[0]?.at ?? from) >= from && (paths.at(-1)?.at ?? from) < to ? paths : paths.filter(({ at }) => from <= at && at < to);

const keyOf = ({ hour, peer }: { hour: EpochMs; peer: string }): string => `${hour} ${peer}`;

function goneOf(stored: readonly StoredState[], rows: readonly PathHour[]): StoredState[] {
  if (stored.length === 0) return [];
  const kept = new Set(rows.map(keyOf));
  return stored.filter((each) => !kept.has(keyOf(each)));
}

type Ends = Map<string, PathState | null>;
const NONE_CHANGED: Ends = new Map();

/** The peers that now end in another state than what was stored said. */
function changedEnds(remade: Remade | undefined): Ends {
  if (remade === undefined) return NONE_CHANGED;
  const { stored, rows, priors } = remade;
  const [before, after] = [endsOf(stored), endsOf(rows)];
  const changed: Ends = new Map();
  for (const peer of new Set([...before.keys(), ...after.keys()])) {
    const prior = priors.get(peer) ?? null;
    const [was, is] = [before.has(peer) ? before.get(peer) : prior, after.has(peer) ? after.get(peer) : prior];
    if (was?.at !== is?.at || was?.state !== is?.state) changed.set(peer, is ?? null);
  }
  return changed;
}

/** The state with which each peer ends; its hours are ascending. */
function endsOf(rows: readonly Pick<PathHour, 'peer' | 'last'>[]): Ends {
  const ends: Ends = new Map();
  for (const { peer, last } of rows) ends.set(peer, last);
  return ends;
}

/** Hours never made before have no rows. */
async function storedBefore(tx: Copying, orgId: number, work: readonly Work[]): Promise<StoredState[][]> {
  const again = [...work.keys()].filter((i) => {
    const each = work[i];
    return each !== undefined && each.circuit.factsUntil !== null && each.from < each.circuit.factsUntil;
  });
  const found = await pathStates(
    tx,
    orgId,
    again.flatMap((i) => work.slice(i, i + 1).map(spanOf)),
  );
  const byPlace = new Map(again.map((i, j) => [i, found[j] ?? []]));
  return work.map((_each, i) => byPlace.get(i) ?? []);
}

/** The state each peer brings along: from the hours just before, or, if it was away and is back, from its last one. */
async function priorsOf(
  tx: Copying,
  orgId: number,
  { work, inputs, rules }: { work: readonly Work[]; inputs: readonly PathInput[]; rules: FactSettings },
): Promise<States[]> {
  const near = await pathStates(
    tx,
    orgId,
    work.map(({ circuit, from }) => ({ circuitId: circuit.id, from: hourOf(from - rules.maxGapMs), to: from })),
  );
  const ends = near.map(endsOf);
  const away = work.flatMap(({ circuit, from }, i) => {
    const peers = peersWithout(ends[i], inputs[i]?.paths ?? []);
    const isFirst = circuit.firstObservedAt === null || from <= circuit.firstObservedAt;
    return peers.length === 0 || isFirst ? [] : [{ i, circuitId: circuit.id, from: from - LOOK_BACK_MS, to: from, peers }];
  });
  const far = await lastPathStates(tx, orgId, away);
  away.forEach(({ i }, j) => {
    for (const { peer, last } of far[j] ?? []) ends[i]?.set(peer, last);
  });
  return ends.map(known);
}

/** The peers that read something and have no end. */
function peersWithout(ends: Ends = NONE_CHANGED, paths: readonly PathSample[]): readonly string[] {
  let peers: Set<string> | null = null;
  for (const { peer } of paths) if (!ends.has(peer)) (peers ??= new Set()).add(peer);
  return peers === null ? [] : [...peers];
}

function known(ends: Ends): States {
  const states = new Map<string, PathState>();
  for (const [peer, last] of ends) if (last !== null) states.set(peer, last);
  return states;
}

async function inputsOf(tx: Copying, orgId: number, work: readonly Work[], now: EpochMs): Promise<PathInput[]> {
  if (work.length === 0) return [];
  const [lower, upper] = [Math.min(...work.map(({ from }) => from)), Math.max(...work.map(({ to }) => to))];
  const paths = await loadPaths(tx, orgId, work);
  const devices = [...new Set(work.flatMap(({ circuit }) => circuit.deviceId ?? []))];
  const cutOffs = await cutOffsOf(tx, orgId, devices, { from: lower, to: upper });
  return work.map(({ circuit }, i) => ({
    paths: paths[i] ?? [],
    cutOffs: cutOffs.get(circuit.deviceId ?? 0) ?? [],
    holdUntil: circuit.isLive ? now : importedUntil(circuit),
  }));
}
