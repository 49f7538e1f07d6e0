import { DAY_MS, type EpochMs, type Span } from '@app/domain';
import { loadMemberships, type Queryable, type ThresholdSource, type Transaction } from '@app/shared';
import { spansByCircuit } from './boxes.js';
import { foldCircuitDays, siteRunsOf, type FoldedDays } from './circuit-days.repository.js';
import { storeCircuitPeriods, type CircuitPeriod } from './circuit-periods.repository.js';
import { numberArray } from './columns.js';
import type { DueRow } from './group-due.repository.js';
import type { MarkedSpans } from './marks.repository.js';
import { replaceRows } from './rollup-rows.js';
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

/** Folds the days of the marked hours, and the closed weeks and months that these lie in, and stores them. */
export async function foldChunk(tx: Transaction, rules: FoldRules, spans: MarkedSpans): Promise<FoldedChunk> {
  const findDay = rememberedBuckets('day', rules.zone);
  const days = [...spans].flatMap(([circuitId, list]) => daysOf(circuitId, list, findDay));
  const { rows, hours } = await foldDays(tx, rules, days);
  const atHand = { spans: spansByCircuit(days), rows };
  const due = await replaceRows(tx, rules.orgId, 'day', atHand);
  let periods = 0;
  for (const grain of PERIOD_GRAINS) {
    const closed = closedPeriods(days, grain, rules);
    for (const row of await storeCircuitPeriods(tx, rules.orgId, grain, { periods: closed, atHand })) due.push(row);
    periods += closed.length;
  }
  return { due, days: days.length, periods, hours };
}

async function foldDays(
  tx: Transaction,
  rules: FoldRules,
  days: readonly CircuitDay[],
): Promise<Pick<FoldedDays, 'rows' | 'hours'>> {
  const circuits = await circuitsOf(tx, rules.orgId, [...new Set(days.map(({ circuitId }) => circuitId))]);
  const placeRules = await placeRulesOf(tx, rules, [...circuits.keys()]);
  const work = new Worklist(placeRules);
  for (const day of days) {
    const circuit = circuits.get(day.circuitId) ?? unknownCircuit(day.circuitId);
    work.add(circuit, circuit.siteId, { start: day.from, from: day.from, to: day.to });
  }
  const folded = await foldCircuitDays(tx, rules.orgId, work);
  if (folded.moved.length === 0) return folded;
  const ends = new Map(days.map(({ circuitId, from, to }) => [`${circuitId} ${from}`, to]));
  const moved = folded.moved.map(({ circuitId, start }) => ({
    circuitId,
    from: start,
    to: ends.get(`${circuitId} ${start}`) ?? start + DAY_MS,
  }));
  const again = await foldMoved(tx, rules, { moved, circuits, placeRules });
  return { rows: [...folded.rows, ...again.rows], hours: folded.hours + again.hours };
}

/** Days with hours at other sites than the circuit's present one: cut where the site of their hours changes. */
async function foldMoved(
  tx: Transaction,
  { orgId }: FoldRules,
  {
    moved,
    circuits,
    placeRules,
  }: { moved: readonly CircuitDay[]; circuits: ReadonlyMap<number, RolledCircuit>; placeRules: PlaceRules },
): Promise<Pick<FoldedDays, 'rows' | 'hours'>> {
  const work = new Worklist(placeRules);
  const runs = await siteRunsOf(tx, orgId, moved);
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
  return foldCircuitDays(tx, orgId, work);
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
