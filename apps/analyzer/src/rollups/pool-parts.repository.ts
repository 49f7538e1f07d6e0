import { HOUR_MS, mergeStreaks, NO_STREAK, QUALITY_METRICS, type EpochMs, type Streak } from '@app/domain';
import { streaksOfText, type Queryable } from '@app/shared';
import { epochMs, instant, msOf } from '../facts/sql-time.js';
import { numberArray } from './columns.js';
import { ORG_KEY, type RollupGrain } from './group-due.repository.js';
import { groupKey, PoolParts, PoolPartsByGroup, SKETCHED, type Group } from './pool-parts.js';

/** Groups of circuits that are asked for, by level. */
export interface Wanted {
  readonly starts: readonly EpochMs[];
  readonly groups: readonly Group[];
}

const keysAt = ({ groups }: Wanted, level: string): string[] => [
  ...new Set(groups.filter((group) => group.level === level).map(({ key }) => key)),
];

/** Rows of circuits that may belong to one of the wanted groups. Parameters: org, starts, regions, store types, providers. */
export const wantedRows = (alias: string): string =>
  `${alias}.org_id = $1 and ${alias}.start = any(select ${instant('s')} from unnest($2::float8[]) s)
     and (${alias}.region = any($3) or ${alias}.store_type = any($4) or ${alias}.provider = any($5))`;
export const wantedValues = (orgId: number, wanted: Wanted): unknown[] => [
  orgId,
  numberArray(wanted.starts),
  keysAt(wanted, 'region'),
  keysAt(wanted, 'store_type'),
  keysAt(wanted, 'provider'),
];

interface CircuitRow {
  readonly circuit_id: number;
  readonly start: number;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly region: string;
  readonly store_type: string | null;
  readonly provider: string | null;
  readonly above: string;
  readonly util: string | null;
  readonly latency: string | null;
  readonly jitter: string | null;
  readonly loss: string | null;
}

const ROW = `c.circuit_id, ${epochMs('c.start')} as start, ${epochMs('c.stretch_from')} as from_ms, ${epochMs('c.stretch_to')} as to_ms, c.region, c.store_type, c.provider,
  array_to_string(c.above, ',') as above`;

const circuitRowsSql = (grain: RollupGrain): string =>
  grain === 'day'
    ? `select ${ROW}, array_to_string(k.util_values, ',') as util, ${QUALITY_METRICS.map((metric) => `encode(k.${metric}, 'hex') as ${metric}`).join(', ')}
       from circuit_day c left join circuit_sketch k on k.org_id = c.org_id and k.grain = 'day' and k.circuit_id = c.circuit_id
         and k.start = c.start and k.stretch_from = c.stretch_from
       where ${wantedRows('c')}`
    : `select ${ROW}, null as util, null as latency, null as jitter, null as loss from circuit_${grain} c where ${wantedRows('c')}`;

const hoursIn = (from: EpochMs, to: EpochMs): number => Math.ceil(to / HOUR_MS) - Math.ceil(from / HOUR_MS);
const streaksOf = (row: CircuitRow): Streak[] => streaksOfText(row.above, hoursIn(msOf(row.from_ms), msOf(row.to_ms)));

/** Hours above, circuits, and for days the sketches, of groups of circuits: pooled by what circuits have in common first. */
export async function partsOfCircuits(
  db: Queryable,
  orgId: number,
  grain: RollupGrain,
  { endOf, ...wanted }: Wanted & { readonly endOf: (start: EpochMs) => EpochMs },
): Promise<PoolPartsByGroup> {
  const isWanted = new Set(wanted.groups.map(groupKey));
  const pools = new PoolPartsByGroup();
  const combined = new Map<string, { row: CircuitRow; parts: PoolParts }>();
  const partial: CircuitRow[] = [];
  for (const row of await db.query<CircuitRow>(circuitRowsSql(grain), wantedValues(orgId, wanted))) {
    const key = JSON.stringify([row.start, row.region, row.store_type, row.provider]);
    const known = combined.get(key) ?? { row, parts: new PoolParts() };
    combined.set(key, known);
    addValues(known.parts, row);
    if (row.from_ms === row.start && msOf(row.to_ms) === endOf(msOf(row.start))) known.parts.addStreaks(streaksOf(row));
    else partial.push(row);
  }
  for (const { row, parts } of combined.values())
    for (const group of groupsOf(row)) if (isWanted.has(groupKey(group))) pools.of(group).add(parts);
  for (const { group, streaks } of joinedStreaks(partial, groupsOf))
    if (isWanted.has(groupKey(group))) pools.of(group).addStreaks(streaks);
  return pools;
}

const groupsOf = ({ start, region, store_type, provider }: CircuitRow): Group[] =>
  Object.entries({ region, store_type, provider }).flatMap(([level, key]) =>
    key === null ? [] : [{ level, key, start: msOf(start) }],
  );

function addValues(parts: PoolParts, row: CircuitRow): void {
  parts.circuits.add(row.circuit_id);
  if (row.util !== null && row.util !== '') for (const value of row.util.split(',')) parts.sketches.util.add(Number(value));
  for (const metric of QUALITY_METRICS) parts.addSketch(metric, row[metric]);
}

/** A circuit may leave a group inside a period, or only change another of its groups: its stretches in a row in one group are one run. */
function joinedStreaks(
  rows: readonly CircuitRow[],
  groupsOfRow: (row: CircuitRow) => readonly Group[],
): { group: Group; streaks: Streak[] }[] {
  const open = new Map<string, { group: Group; end: number; streaks: Streak[] }>();
  const done: { group: Group; streaks: Streak[] }[] = [];
  for (const row of [...rows].sort((a, b) => a.from_ms - b.from_ms)) {
    for (const group of groupsOfRow(row)) {
      const key = `${row.circuit_id} ${groupKey(group)}`;
      const before = open.get(key);
      const streaks = streaksOf(row);
      if (before?.end === row.from_ms) {
        before.streaks = before.streaks.map((streak, i) => mergeStreaks(streak, streaks[i] ?? NO_STREAK));
        before.end = row.to_ms;
        continue;
      }
      if (before !== undefined) done.push(before);
      open.set(key, { group, end: row.to_ms, streaks });
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
  readonly above: string;
}

/** Parts of the whole organization, from its regions. */
export async function partsOfRegions(
  db: Queryable,
  orgId: number,
  grain: RollupGrain,
  { starts, endOf }: { starts: readonly EpochMs[]; endOf: (start: EpochMs) => EpochMs },
): Promise<PoolPartsByGroup> {
  const pools = new PoolPartsByGroup();
  const rows = await db.query<RegionRow>(
    `select g.level, g.key, ${epochMs('g.start')} as start, array_to_string(g.above, ',') as above, ${HEX} from group_${grain} g
     where g.org_id = $1 and g.level = 'region' and g.start = any(select ${instant('s')} from unnest($2::float8[]) s)`,
    [orgId, numberArray(starts)],
  );
  for (const row of rows) {
    const parts = pools.of(wholeOrg(row));
    const above = row.above.split(',').map(Number);
    parts.longest.forEach((_, i) => parts.addAbove(i, above[2 * i] ?? 0, above[2 * i + 1] ?? 0));
    for (const of of SKETCHED) parts.addSketch(of, row[of]);
  }
  // Runs that go on in another region are known to no region alone.
  const moving = await db.query<CircuitRow>(
    `select ${ROW}, null as util, null as latency, null as jitter, null as loss
     from unnest($2::float8[], $3::float8[]) as u (start, upper) join circuit_${grain} c on c.org_id = $1 and c.start = ${instant('u.start')}
     where c.stretch_from > c.start or c.stretch_to < ${instant('u.upper')}`,
    [orgId, numberArray(starts), numberArray(starts.map(endOf))],
  );
  for (const { group, streaks } of joinedStreaks(moving, (row) => [wholeOrg(row)]))
    streaks.forEach(({ longest }, i) => pools.of(group).addAbove(i, longest, 0));
  return pools;
}

const wholeOrg = ({ start }: { readonly start: number }): Group => ({ level: 'org', key: ORG_KEY, start: msOf(start) });
