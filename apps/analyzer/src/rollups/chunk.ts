import { DAY_MS, type EpochMs, type Span } from '@app/domain';
import { loadMemberships, type Queryable, type ThresholdSource } from '@app/shared';
import { siteRunsOf, storeCircuitDays } from './circuit-days.repository.js';
import { storeCircuitPeriods, type CircuitPeriod } from './circuit-periods.repository.js';
import { numberArray } from './columns.js';
import type { DueRow } from './group-due.repository.js';
import type { MarkedSpans } from './marks.repository.js';
import { daysOf, rememberedBuckets, Worklist, type CircuitDay, type PlaceRules, type RolledCircuit } from './worklist.js';

/** The org whose hours are folded, and by what. */
export interface FoldRules {
  readonly orgId: number;
  readonly orgExternalId: string;
  readonly zone: string;
  readonly source: ThresholdSource;
  /** Weeks and months that ended up to here are stored. */
  readonly closedUntil: EpochMs;
}

export interface FoldedChunk {
  readonly due: readonly DueRow[];
  readonly days: number;
  readonly periods: number;
  readonly hours: number;
}

const PERIOD_GRAINS = ['week', 'month'] as const;

/** Folds the days of the marked hours, and the closed weeks and months that these lie in. */
export async function foldChunk(db: Queryable, rules: FoldRules, spans: MarkedSpans): Promise<FoldedChunk> {
  const findDay = rememberedBuckets('day', rules.zone);
  const days = [...spans].flatMap(([circuitId, list]) => daysOf(circuitId, list, findDay));
  const { due, hours } = await foldDays(db, rules, days);
  const allDue = [...due];
  let periods = 0;
  for (const grain of PERIOD_GRAINS) {
    const closed = closedPeriods(days, grain, rules);
    allDue.push(...(await storeCircuitPeriods(db, rules.orgId, grain, closed)));
    periods += closed.length;
  }
  return { due: allDue, days: days.length, periods, hours };
}

async function foldDays(db: Queryable, rules: FoldRules, days: readonly CircuitDay[]): Promise<{ due: DueRow[]; hours: number }> {
  const circuits = await circuitsOf(db, rules.orgId, [...new Set(days.map(({ circuitId }) => circuitId))]);
  const placeRules = await placeRulesOf(db, rules, [...circuits.keys()]);
  const work = new Worklist(placeRules);
  for (const day of days) {
    const circuit = circuits.get(day.circuitId) ?? unknownCircuit(day.circuitId);
    work.add(circuit, circuit.siteId, { ...day, start: day.from });
  }
  const folded = await storeCircuitDays(db, rules.orgId, work);
  if (folded.moved.length === 0) return { due: [...folded.due], hours: folded.hours };
  const ends = new Map(days.map(({ circuitId, from, to }) => [`${circuitId} ${from}`, to]));
  const moved = folded.moved.map(({ circuitId, start }) => ({
    circuitId,
    from: start,
    to: ends.get(`${circuitId} ${start}`) ?? start + DAY_MS,
  }));
  const again = await foldMoved(db, rules, { moved, circuits, placeRules });
  return { due: [...folded.due, ...again.due], hours: folded.hours + again.hours };
}

/** Days with hours at other sites than the circuit's present one: cut where the site of their hours changes. */
async function foldMoved(
  db: Queryable,
  { orgId }: FoldRules,
  {
    moved,
    circuits,
    placeRules,
  }: { moved: readonly CircuitDay[]; circuits: ReadonlyMap<number, RolledCircuit>; placeRules: PlaceRules },
): Promise<{ due: readonly DueRow[]; hours: number }> {
  const work = new Worklist(placeRules);
  const runs = await siteRunsOf(db, orgId, moved);
  const byDay = new Map<string, typeof runs>();
  for (const run of runs)
    byDay.set(`${run.circuitId} ${run.start}`, [...(byDay.get(`${run.circuitId} ${run.start}`) ?? []), run]);
  for (const day of moved) {
    const ofDay = byDay.get(`${day.circuitId} ${day.from}`) ?? [];
    ofDay.forEach((run, i) => {
      const span = { from: i === 0 ? day.from : run.from, to: ofDay[i + 1]?.from ?? day.to };
      work.add(circuits.get(day.circuitId) ?? unknownCircuit(day.circuitId), run.siteId, { ...span, start: day.from });
    });
  }
  return storeCircuitDays(db, orgId, work);
}

function closedPeriods(days: readonly CircuitDay[], grain: 'week' | 'month', { zone, closedUntil }: FoldRules): CircuitPeriod[] {
  const find = rememberedBuckets(grain, zone);
  const periods = new Map<string, CircuitPeriod>();
  for (const { circuitId, from: day } of days) {
    const { from, to } = find(day);
    if (to <= closedUntil) periods.set(`${circuitId} ${from}`, { circuitId, from, to });
  }
  return [...periods.values()];
}

/** A circuit that is no more: its hours went to another, and its days are to be removed. */
const unknownCircuit = (id: number): RolledCircuit => ({ id, siteId: 0, mac: '', portId: '' });

async function circuitsOf(db: Queryable, orgId: number, ids: readonly number[]): Promise<Map<number, RolledCircuit>> {
  const rows = await db.query<RolledCircuit>(
    'select id, site_id as "siteId", mac, port_id as "portId" from circuit where org_id = $1 and id = any($2::int[])',
    [orgId, numberArray(ids)],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

export async function placeRulesOf(
  db: Queryable,
  { orgId, orgExternalId, source }: Pick<FoldRules, 'orgId' | 'orgExternalId' | 'source'>,
  circuitIds: readonly number[],
): Promise<PlaceRules> {
  const memberships = await loadMemberships(db, orgId, circuitIds);
  const sites = await db.query<{ id: number; name: string }>('select id, external_id as name from site where org_id = $1', [
    orgId,
  ]);
  return { memberships, source, orgExternalId, siteNames: new Map(sites.map(({ id, name }) => [id, name])) };
}

/** Instants whose partitions the fold of these spans needs. A period begins at most a month before its hours. */
export function instantsOf(spans: Iterable<Span>): EpochMs[] {
  const instants = new Set<EpochMs>();
  const step = 20 * DAY_MS;
  for (const { from, to } of spans)
    for (let at = Math.floor((from - 32 * DAY_MS) / step) * step; at < to + step; at += step) instants.add(at);
  return [...instants].sort((a, b) => a - b);
}
