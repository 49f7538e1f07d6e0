import { mergeStreaks, NO_STREAK, QUALITY_METRICS, type EpochMs, type Span, type Streak } from '@app/domain';
import { copyInstant, copyText, streaksOfStored, type CopyCursor, type Queryable, type Transaction } from '@app/shared';
import { epochMs, instant, msOf } from '../facts/sql-time.js';
import { numberArray } from './columns.js';
import { ORG_KEY, type RollupGrain } from './group-due.repository.js';
import { groupKey, PoolParts, PoolPartsByGroup, SKETCHED, type Group } from './pool-parts.js';
import { hoursIn, sketchOfDay } from './rollup-rows.js';

/** Groups of circuits that are asked for, by level. */
export interface Wanted {
  readonly starts: readonly EpochMs[];
  readonly groups: readonly Group[];
}

const keysAt = ({ groups }: Wanted, level: string): string[] => [
  ...new Set(groups.filter((group) => group.level === level).map(({ key }) => key)),
];

const POOLED_LEVELS = ['region', 'store_type', 'provider'];

/**
 * SQL for rows of circuits that may belong to one of the wanted groups. Regions alone are found by their index; for other groups all circuits of the
 * period are looked through. Copies take no parameters, so that texts are quoted.
 */
export function wantedRows(alias: string, orgId: number, wanted: Wanted): string {
  const among = POOLED_LEVELS.map((level) => [level, keysAt(wanted, level)] as const)
    .filter(([, keys]) => keys.length > 0)
    .map(([level, keys]) => `${alias}.${level} = any(array[${keys.map(copyText).join(', ')}]::text[])`);
  return `${alias}.org_id = ${String(orgId)} and ${startingAt(alias, wanted.starts)} and (${among.join(' or ') || 'false'})`;
}

/** Constants, so that the planner leaves out the partitions of other times. */
const startingAt = (alias: string, starts: readonly EpochMs[]): string =>
  `${alias}.start = any(array[${starts.map(copyInstant).join(', ')}]::timestamptz[])`;

interface CircuitRow extends Span {
  readonly circuitId: number;
  readonly start: EpochMs;
  readonly region: string;
  readonly storeType: string | null;
  readonly provider: string | null;
  readonly above: readonly number[];
}

const ROW = 'c.circuit_id, c.start, c.stretch_from, c.stretch_to, c.region, c.store_type, c.provider, c.above';

function readRow(row: CopyCursor): CircuitRow {
  const circuitId = row.int4();
  const [start, from, to] = [row.instant(), row.instant(), row.instant()];
  const [region, storeType, provider] = [row.text() ?? '', row.text(), row.text()];
  return { circuitId, start, from, to, region, storeType, provider, above: row.numbers() };
}

const circuitRowsSql = (grain: RollupGrain, orgId: number, wanted: Wanted): string =>
  grain === 'day'
    ? `select ${ROW}, k.util_values, ${QUALITY_METRICS.map((metric) => `k.${metric}`).join(', ')}
       from circuit_day c ${sketchOfDay(startingAt('k', wanted.starts))} where ${wantedRows('c', orgId, wanted)}`
    : `select ${ROW} from circuit_${grain} c where ${wantedRows('c', orgId, wanted)}`;

const streaksOf = ({ above, from, to }: CircuitRow): Streak[] => streaksOfStored(above, hoursIn({ from, to }));

/** Circuits with the same groups in the same period. */
const combinationOf = ({ start, region, storeType, provider }: CircuitRow): string =>
  `${start}\0${region}\0${storeType ?? '\0'}\0${provider ?? '\0'}`;

/** Hours above, circuits, and for days the sketches, of groups of circuits: pooled by what circuits have in common first. */
export async function partsOfCircuits(
  tx: Transaction,
  orgId: number,
  grain: RollupGrain,
  { endOf, ...wanted }: Wanted & { readonly endOf: (start: EpochMs) => EpochMs },
): Promise<PoolPartsByGroup> {
  const isWanted = new Set(wanted.groups.map(groupKey));
  const pools = new PoolPartsByGroup();
  const combined = new Map<string, { row: CircuitRow; parts: PoolParts; end: EpochMs }>();
  const partial: CircuitRow[] = [];
  await tx.copyRows(circuitRowsSql(grain, orgId, wanted), (cursor) => {
    const row = readRow(cursor);
    const key = combinationOf(row);
    const known = combined.get(key) ?? { row, parts: new PoolParts(), end: endOf(row.start) };
    combined.set(key, known);
    known.parts.circuits.add(row.circuitId);
    if (grain === 'day') addValues(known.parts, cursor);
    if (row.from === row.start && row.to === known.end) known.parts.addStored(row.above, hoursIn(row));
    else partial.push(row);
  });
  for (const { row, parts } of combined.values())
    for (const group of groupsOf(row)) if (isWanted.has(groupKey(group))) pools.of(group).add(parts);
  for (const { group, streaks } of joinedStreaks(partial, groupsOf))
    if (isWanted.has(groupKey(group))) pools.of(group).addStreaks(streaks);
  return pools;
}

const groupsOf = ({ start, region, storeType, provider }: CircuitRow): Group[] =>
  Object.entries({ region, store_type: storeType, provider }).flatMap(([level, key]) =>
    key === null ? [] : [{ level, key, start }],
  );

function addValues(parts: PoolParts, row: CopyCursor): void {
  for (const value of row.numbers()) parts.sketches.util.add(value);
  for (const metric of QUALITY_METRICS) {
    const bytes = row.raw();
    if (bytes !== null) parts.sketches[metric].addEncoded(bytes);
  }
}

/** A circuit may leave a group inside a period, or only change another of its groups: its stretches in a row in one group are one run. */
function joinedStreaks(
  rows: readonly CircuitRow[],
  groupsOfRow: (row: CircuitRow) => readonly Group[],
): { group: Group; streaks: Streak[] }[] {
  const open = new Map<string, { group: Group; end: number; streaks: Streak[] }>();
  const done: { group: Group; streaks: Streak[] }[] = [];
  for (const row of [...rows].sort((a, b) => a.from - b.from)) {
    for (const group of groupsOfRow(row)) {
      const key = `${row.circuitId} ${groupKey(group)}`;
      const before = open.get(key);
      const streaks = streaksOf(row);
      if (before?.end === row.from) {
        before.streaks = before.streaks.map((streak, i) => mergeStreaks(streak, streaks[i] ?? NO_STREAK));
        before.end = row.to;
        continue;
      }
      if (before !== undefined) done.push(before);
      open.set(key, { group, end: row.to, streaks });
    }
  }
  return [...done, ...open.values()];
}

interface SketchRow extends Readonly<Record<(typeof SKETCHED)[number], string>> {
  readonly level: string;
  readonly key: string;
  readonly start: number;
}

const HEX = SKETCHED.map((of) => `encode(g.${of}_sketch, 'hex') as ${of}`).join(', ');

/** Adds the sketches of the days of weeks or months to the groups' parts. */
export async function addSketchesOfDays(
  db: Queryable,
  orgId: number,
  groups: readonly Group[],
  { pools, endOf }: { pools: PoolPartsByGroup; endOf: (start: EpochMs) => EpochMs },
): Promise<void> {
  const rows = await db.query<SketchRow>(
    `select u.level, u.key, u.start, ${HEX} from unnest($2::text[], $3::text[], $4::float8[], $5::float8[]) as u (level, key, start, upper)
     cross join lateral (select * from group_day where org_id = $1 and level = u.level and key = u.key
       and start >= ${instant('u.start')} and start < ${instant('u.upper')}) g`,
    [
      orgId,
      groups.map(({ level }) => level),
      groups.map(({ key }) => key),
      numberArray(groups.map(({ start }) => start)),
      numberArray(groups.map(({ start }) => endOf(start))),
    ],
  );
  for (const row of rows) for (const of of SKETCHED) pools.of(row).addSketch(of, row[of]);
}

interface RegionRow extends SketchRow {
  readonly circuits: number;
  readonly above: string;
}

/** Parts of the whole organization, from its regions. */
export async function partsOfRegions(
  tx: Transaction,
  orgId: number,
  grain: RollupGrain,
  starts: readonly EpochMs[],
): Promise<PoolPartsByGroup> {
  const pools = new PoolPartsByGroup();
  if (starts.length === 0) return pools;
  const rows = await tx.query<RegionRow>(
    `select g.level, g.key, ${epochMs('g.start')} as start, g.circuits, array_to_string(g.above, ',') as above, ${HEX} from group_${grain} g
     where g.org_id = $1 and g.level = 'region' and g.start = any(select ${instant('s')} from unnest($2::float8[]) s)`,
    [orgId, numberArray(starts)],
  );
  for (const row of rows) {
    const parts = pools.of(wholeOrg(row));
    const above = row.above.split(',').map(Number);
    parts.longest.forEach((_, i) => parts.addAbove(i, above[2 * i] ?? 0, above[2 * i + 1] ?? 0));
    for (const of of SKETCHED) parts.addSketch(of, row[of]);
    parts.addCounted(row.circuits);
  }
  const cut = await cutRows(tx, orgId, grain, starts);
  for (const { start, regions } of regionsOfCircuits(cut)) pools.of(wholeOrg({ start })).addCounted(1 - regions.size);
  // Runs that go on in another region are known to no region alone.
  for (const { group, streaks } of joinedStreaks(cut, (row) => [wholeOrg(row)]))
    streaks.forEach(({ longest }, i) => pools.of(group).addAbove(i, longest, 0));
  return pools;
}

/** A circuit that was in several regions is counted by each of them. */
function regionsOfCircuits(rows: readonly CircuitRow[]): Iterable<{ start: EpochMs; regions: Set<string> }> {
  const known = new Map<string, { start: EpochMs; regions: Set<string> }>();
  for (const { circuitId, start, region } of rows) {
    const key = `${circuitId} ${start}`;
    const circuit = known.get(key) ?? { start, regions: new Set<string>() };
    known.set(key, circuit);
    circuit.regions.add(region);
  }
  return known.values();
}

/** Rows of circuits that have several in a period. Ordered inside, so that each is looked up by its key. */
async function cutRows(tx: Transaction, orgId: number, grain: RollupGrain, starts: readonly EpochMs[]): Promise<CircuitRow[]> {
  const rows: CircuitRow[] = [];
  await tx.copyRows(
    `select ${ROW} from (select distinct x.circuit_id, x.start from circuit_${grain} x
       where x.org_id = ${String(orgId)} and ${startingAt('x', starts)} and x.stretch_from > x.start) x
     cross join lateral (select * from circuit_${grain} c where c.org_id = ${String(orgId)} and c.circuit_id = x.circuit_id and c.start = x.start
       and ${startingAt('c', starts)} order by c.stretch_from) c`,
    (row) => rows.push(readRow(row)),
  );
  return rows;
}

const wholeOrg = ({ start }: { readonly start: number }): Group => ({ level: 'org', key: ORG_KEY, start: msOf(start) });
