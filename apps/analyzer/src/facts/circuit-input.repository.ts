import {
  HOUR_MS,
  isInside,
  mergeSpans,
  type CircuitInput,
  type EpochMs,
  type FactSettings,
  type PortEvent,
  type PortSample,
  type PortState,
  type Span,
} from '@app/domain';
import type { Copying, Queryable } from '@app/shared';
import { blindSpells, cutOffsOf } from './cut-offs.repository.js';
import type { Work } from './work.js';
import type { LockedCircuit } from './circuits.repository.js';
import { carriersOf, type Carriers } from './identities.repository.js';
import { findNeighbours, type Neighbours, type Surroundings } from './neighbours.repository.js';
import { tellsState } from './port-rows.js';
import { epochMs, instant, msOf } from './sql-time.js';
import { loadPaths } from './paths.repository.js';
import { loadPolls } from './samples.repository.js';
import { groupedBy, ofCircuit } from './work-items.js';

/** A stretch of time of a circuit, `[before, after)`. */
export interface Stretch extends Omit<Surroundings, 'observed'> {
  readonly circuit: LockedCircuit;
}

/** A stretch of time of a circuit with what surrounds it, cut-offs left out. */
export interface Surrounded {
  readonly neighbours: Neighbours;
  readonly cutOffs: readonly Span[];
  /** Instants at which another gateway took the circuit over. */
  readonly takeovers: readonly EpochMs[];
}

/** The neighbours that count: a poll of a cut-off gateway is passed over for the one beyond the cut-off. */
export async function findValidNeighbours(
  db: Copying,
  orgId: number,
  items: readonly Stretch[],
  { maxGapMs }: Pick<FactSettings, 'maxGapMs'>,
): Promise<Surrounded[]> {
  const bounded = items.map((item) => ({
    ...item,
    observed: { first: item.circuit.firstObservedAt ?? Infinity, last: item.circuit.lastObservedAt ?? -Infinity },
  }));
  const found = await findNeighbours(db, orgId, bounded, maxGapMs);
  const carriers = await carriersOf(
    db,
    orgId,
    items.map(({ circuit }) => circuit),
  );
  const cutOffs = await cutOffsAround(db, orgId, items, { found, carriers });
  const results: Surrounded[] = items.map(({ circuit }, i) => ({
    neighbours: found[i] ?? NONE,
    cutOffs: carriers.cutOffs(circuit, cutOffs),
    takeovers: carriers.takeovers(circuit.id),
  }));
  const again = items.flatMap((item, i) => {
    const result = results[i];
    const wider = result === undefined ? null : widened(item, result);
    return wider === null ? [] : [{ i, wider }];
  });
  if (again.length === 0) return results;
  const beyond = await findValidNeighbours(
    db,
    orgId,
    again.map(({ wider }) => wider),
    { maxGapMs },
  );
  again.forEach(({ i }, j) => {
    const [near, far] = [results[i], beyond[j]];
    if (near !== undefined && far !== undefined)
      results[i] = {
        cutOffs: mergeSpans([...near.cutOffs, ...far.cutOffs]),
        takeovers: near.takeovers,
        neighbours: joined(near.neighbours, far.neighbours),
      };
  });
  return results;
}

const NONE: Neighbours = { before: [], after: [], eventBefore: null, eventAfter: null };

const joined = (near: Neighbours, far: Neighbours): Neighbours => ({
  before: unique([...far.before, ...near.before]),
  after: unique([...near.after, ...far.after]),
  eventBefore: near.eventBefore,
  eventAfter: near.eventAfter,
});

const unique = (samples: readonly PortSample[]): PortSample[] =>
  [...new Map(samples.map((sample) => [sample.at, sample])).values()].sort((a, b) => a.at - b.at);

function cutOffsAround(
  db: Queryable,
  orgId: number,
  items: readonly Stretch[],
  { found, carriers }: { found: readonly Neighbours[]; carriers: Carriers },
): Promise<Map<number, Span[]>> {
  let [from, to] = [Infinity, -Infinity];
  items.forEach((item, i) => {
    from = Math.min(from, item.before, found[i]?.before[0]?.at ?? Infinity, found[i]?.eventBefore?.at ?? Infinity);
    to = Math.max(
      to,
      Number.isFinite(item.after) ? item.after : -Infinity,
      found[i]?.after.at(-1)?.at ?? -Infinity,
      found[i]?.eventAfter?.at ?? -Infinity,
    );
  });
  const devices = items.flatMap(({ circuit }) => carriers.of(circuit).flatMap(({ deviceId }) => deviceId ?? []));
  return cutOffsOf(db, orgId, [...new Set(devices)], { from, to: Math.max(from, to) });
}

/** Where to look further when the neighbouring poll was taken during a cut-off. */
function widened(item: Stretch, { neighbours, cutOffs }: Surrounded): Stretch | null {
  const last = neighbours.before.findLast(tellsState)?.at;
  const first = neighbours.after.find(tellsState)?.at;
  const hidesLast = last === undefined ? undefined : cutOffs.find((span) => span.from <= last && last < span.to);
  const hidesFirst = first === undefined ? undefined : cutOffs.find((span) => span.from <= first && first < span.to);
  if (hidesLast === undefined && hidesFirst === undefined) return null;
  return {
    ...item,
    before: Math.min(item.before, hidesLast?.from ?? Infinity),
    after: Math.max(item.after, hidesFirst?.to ?? -Infinity),
  };
}

interface EventRow {
  readonly i: number;
  readonly at_ms: number;
  readonly state: PortState;
}

/** All that the facts of these hours are made of. */
export async function loadInputs(
  db: Copying,
  orgId: number,
  work: readonly Work[],
  { now, rules }: { now: EpochMs; rules: FactSettings },
): Promise<CircuitInput[]> {
  const surroundings = work.map(({ circuit, from, to }) => ({ circuitId: circuit.id, circuit, before: from, after: to }));
  const around = await findValidNeighbours(db, orgId, surroundings, rules);
  const [lower, upper] = [Math.min(...work.map(({ from }) => from)), Math.max(...work.map(({ to }) => to))];
  const keys = [
    orgId,
    work.map(({ circuit }) => circuit.id),
    work.map(({ from }) => from),
    work.map(({ to }) => to),
    lower,
    upper,
  ];
  const polls = await loadPolls(
    db,
    orgId,
    work.map(({ circuit, from, to }) => ({ circuitId: circuit.id, from, to })),
  );
  const events = groupedBy(
    await db.query<EventRow>(
      `select i.i, ${epochMs('e.at')} as at_ms, e.state from ${ofCircuit('port_event', 'e')} order by i.i, e.at, e.state`,
      keys,
    ),
    (row): PortEvent => ({ at: msOf(row.at_ms), state: row.state }),
  );
  const paths = await loadPaths(db, orgId, work);
  const blind = await blindFor(db, orgId, { work, around, maxGapMs: rules.maxGapMs });
  const priors = await loadPriors(db, orgId, work, around);
  return work.map(({ circuit }, i) => {
    const { neighbours, cutOffs, takeovers } = around[i] ?? { neighbours: NONE, cutOffs: [], takeovers: [] };
    return {
      polls: [...neighbours.before, ...(polls[i] ?? []), ...neighbours.after],
      events: [...listOf(neighbours.eventBefore), ...(events.get(i + 1) ?? []), ...listOf(neighbours.eventAfter)],
      paths: paths[i] ?? [],
      cutOffs,
      takeovers,
      blind: circuit.isLive ? blind : [],
      prior: priors.get(i) ?? null,
      holdUntil: circuit.isLive ? now : importedUntil(circuit),
    };
  });
}

/** End of the hour of the last imported observation: nothing is filled from there on. */
export const importedUntil = (circuit: LockedCircuit): EpochMs =>
  circuit.lastImportedAt === null ? -Infinity : Math.floor(circuit.lastImportedAt / HOUR_MS) * HOUR_MS + HOUR_MS;

const listOf = <T>(value: T | null): T[] => (value === null ? [] : [value]);

async function blindFor(
  db: Queryable,
  orgId: number,
  { work, around, maxGapMs }: { work: readonly Work[]; around: readonly Surrounded[]; maxGapMs: number },
): Promise<Span[]> {
  if (!work.some(({ circuit }) => circuit.isLive)) return [];
  const from = Math.min(...work.map(({ from: start }, i) => Math.min(start, around[i]?.neighbours.eventBefore?.at ?? Infinity)));
  const to = Math.max(...work.map((each) => each.to));
  return blindSpells(db, orgId, { from, to }, maxGapMs);
}

/** The last known state of circuits whose samples before these hours are no longer stored. */
async function loadPriors(
  db: Queryable,
  orgId: number,
  work: readonly Work[],
  around: readonly Surrounded[],
): Promise<Map<number, CircuitInput['prior']>> {
  const orphans = [...work.keys()].filter((i) => {
    const [each, found] = [work[i], around[i]];
    if (each === undefined || found === undefined || found.neighbours.eventBefore !== null) return false;
    if (found.neighbours.before.some((poll) => tellsState(poll) && !isInside(found.cutOffs, poll.at))) return false;
    return each.circuit.firstObservedAt !== null && each.circuit.firstObservedAt < each.from;
  });
  if (orphans.length === 0) return new Map();
  const rows = await db.query<{ i: number; state: PortState; from_ms: number; to_ms: number }>(
    `select i.i, s.state, ${epochMs('s.from_at')} as from_ms, ${epochMs('s.to_at')} as to_ms
     from unnest($2::int[], $3::float8[]) with ordinality as i (circuit, before, i) cross join lateral (
       select * from circuit_state where org_id = $1 and circuit_id = i.circuit and from_at < ${instant('i.before')} order by from_at desc limit 1) s`,
    [orgId, orphans.map((i) => work[i]?.circuit.id), orphans.map((i) => work[i]?.from)],
  );
  return new Map(rows.flatMap((row) => priorOf(orphans[row.i - 1], work, row)));
}

/** A state that still held at the start was told by an event: a poll's would have run out, or be stored. */
function priorOf(
  i: number | undefined,
  work: readonly Work[],
  row: { state: PortState; from_ms: number; to_ms: number },
): [number, CircuitInput['prior']][] {
  if (i === undefined) return [];
  const holds = msOf(row.to_ms) >= (work[i]?.from ?? Infinity);
  const at = holds ? msOf(row.from_ms) : msOf(row.to_ms);
  return [[i, holds ? { state: row.state, at, source: 'event' } : { state: row.state, at }]];
}
