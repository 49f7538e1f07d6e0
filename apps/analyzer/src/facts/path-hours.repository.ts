import type { EpochMs, PathHour, PathState, QualityHour } from '@app/domain';
import type { Copying, Queryable } from '@app/shared';
import { numberArray } from './sql-arrays.js';
import { epochMs, instant, msOf } from './sql-time.js';
import { copiedItems, withinItem } from './work-items.js';

export interface PathHourRow {
  readonly circuitId: number;
  readonly row: PathHour;
}

/** Hours `[from, to)` of one circuit. */
export interface CircuitSpan {
  readonly circuitId: number;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

type SqlType = 'int' | 'float8' | 'bool';
interface Column {
  readonly name: string;
  readonly type: SqlType;
  readonly of: (row: PathHour) => number | boolean | null;
}

const LARGEST_SINGLE = 3.4e38;
/** As a four-byte column keeps it; what is out of its range would fail the whole batch. */
export const single = (value: number | null): number | null =>
  value === null ? null : Math.fround(Math.max(-LARGEST_SINGLE, Math.min(LARGEST_SINGLE, value)));

const quality = (name: 'latency' | 'jitter' | 'loss'): Column[] => {
  const figure = (suffix: Exclude<keyof QualityHour, 'count'>): Column => ({
    name: `${name}_${suffix}`,
    type: 'float8',
    of: (row) => single(row[name][suffix]),
  });
  return [{ name: `${name}_count`, type: 'int', of: (row) => row[name].count }, figure('avg'), figure('max'), figure('p95')];
};

/** Columns of `path_hour` besides its key and the time of the last state. */
const COLUMNS: readonly Column[] = [
  { name: 'up_ms', type: 'int', of: (row) => row.upMs },
  { name: 'down_ms', type: 'int', of: (row) => row.downMs },
  { name: 'flaps', type: 'int', of: (row) => row.flaps },
  ...quality('latency'),
  ...quality('jitter'),
  ...quality('loss'),
  { name: 'mos_count', type: 'int', of: (row) => row.mos.count },
  { name: 'mos_avg', type: 'float8', of: (row) => single(row.mos.avg) },
  { name: 'mos_min', type: 'float8', of: (row) => single(row.mos.min) },
  { name: 'mtu', type: 'int', of: (row) => row.mtu },
  { name: 'last_up', type: 'bool', of: (row) => (row.last === null ? null : row.last.state === 'up') },
];
const names = COLUMNS.map(({ name }) => name);
const compared = [...names, 'last_at'];
/** First values: org, circuits, hours, peers, times of the last state. */
const FIRST_COLUMN = 6;

const list = (table: string): string => compared.map((name) => `${table}.${name}`).join(', ');
const UPSERT = `
  insert into path_hour (org_id, circuit_id, hour, peer, last_at, ${names.join(', ')})
  select $1, u.circuit, ${instant('u.at')}, u.peer, ${instant('u.last_at')}, ${names.map((name) => `u.${name}`).join(', ')}
  from unnest($2::int[], $3::float8[], $4::text[], $5::float8[], ${COLUMNS.map(({ type }, i) => `$${i + FIRST_COLUMN}::${type}[]`).join(', ')})
    as u (circuit, at, peer, last_at, ${names.join(', ')})
  on conflict (org_id, circuit_id, hour, peer) do update set ${compared.map((name) => `${name} = excluded.${name}`).join(', ')}
  where (${list('path_hour')}) is distinct from (${list('excluded')})`;

/** Stores hours of paths; a row that is already so is not written. */
export async function storePathHours(db: Queryable, orgId: number, rows: readonly PathHourRow[]): Promise<void> {
  if (rows.length === 0) return;
  await db.query(UPSERT, [
    orgId,
    numberArray(rows.map(({ circuitId }) => circuitId)),
    numberArray(rows.map(({ row }) => row.hour)),
    rows.map(({ row }) => row.peer),
    numberArray(rows.map(({ row }) => row.last?.at ?? null)),
    ...COLUMNS.map(({ of }) => numberArray(rows.map(({ row }) => of(row)))),
  ]);
}

export async function deletePathHours(
  db: Queryable,
  orgId: number,
  rows: readonly { readonly circuitId: number; readonly hour: EpochMs; readonly peer: string }[],
): Promise<void> {
  if (rows.length === 0) return;
  await db.query(
    `delete from path_hour p using unnest($2::int[], $3::float8[], $4::text[]) as u (circuit, at, peer)
     where p.org_id = $1 and p.circuit_id = u.circuit and p.hour = ${instant('u.at')} and p.peer = u.peer`,
    [orgId, rows.map((row) => row.circuitId), rows.map((row) => row.hour), rows.map((row) => row.peer)],
  );
}

interface StateRow {
  readonly i: number;
  readonly hour_ms: number;
  readonly peer: string;
  readonly last_up: boolean | null;
  readonly last_ms: number | null;
}

/** The state with which a stored hour of a peer ends. */
export interface StoredState {
  readonly hour: EpochMs;
  readonly peer: string;
  readonly last: PathState | null;
}

const STATE = `p.peer, ${epochMs('p.hour')} as hour_ms, p.last_up, ${epochMs('p.last_at')} as last_ms`;
const SPANS = 'unnest($2::int[], $3::float8[], $4::float8[]) with ordinality as i (circuit, lower, upper, i)';
/** Constant bounds besides each span's own let the planner leave out partitions. */
const WITHIN = `p.org_id = $1 and p.circuit_id = i.circuit and p.hour >= ${instant('i.lower')} and p.hour < ${instant('i.upper')}
  and p.hour >= ${instant('$5::float8')} and p.hour < ${instant('$6::float8')}`;

const valuesOf = (orgId: number, spans: readonly CircuitSpan[]): unknown[] => [
  orgId,
  numberArray(spans.map(({ circuitId }) => circuitId)),
  numberArray(spans.map(({ from }) => from)),
  numberArray(spans.map(({ to }) => to)),
  Math.min(...spans.map(({ from }) => from)),
  Math.max(...spans.map(({ to }) => to)),
];

const stateOf = (up: boolean | null, at: number): PathState | null =>
  up === null || Number.isNaN(at) ? null : { state: up ? 'up' : 'down', at };

const byItem = (rows: readonly StateRow[], count: number): StoredState[][] => {
  const lists: StoredState[][] = Array.from({ length: count }, () => []);
  for (const { i, hour_ms, peer, last_up, last_ms } of rows) {
    lists[i - 1]?.push({ hour: msOf(hour_ms), peer, last: stateOf(last_up, last_ms === null ? Number.NaN : msOf(last_ms)) });
  }
  return lists;
};

/** The stored hours of each span, ascending. */
export async function pathStates(db: Copying, orgId: number, spans: readonly CircuitSpan[]): Promise<StoredState[][]> {
  const lists: StoredState[][] = spans.map(() => []);
  if (spans.length === 0) return lists;
  await db.copyRows(
    `select i.i::int, p.peer, p.hour, p.last_up, p.last_at from ${copiedItems(spans)} cross join lateral (select * from path_hour p
       where p.org_id = ${orgId} and p.circuit_id = i.circuit and ${withinItem('p', spans, 'hour')} order by p.hour) p order by i.i, p.hour`,
    (row) => {
      const list = lists[row.int4() - 1];
      list?.push({ peer: row.repeatedText() ?? '', hour: row.instant(), last: stateOf(row.bool(), row.instant()) });
    },
  );
  return lists;
}

/** The last stored hour in each span of each of its peers. */
export async function lastPathStates(
  db: Queryable,
  orgId: number,
  spans: readonly (CircuitSpan & { readonly peers: readonly string[] })[],
): Promise<StoredState[][]> {
  if (spans.length === 0) return [];
  const asked = spans.flatMap(({ peers }, i) => peers.map((peer) => ({ i: i + 1, peer })));
  const rows = await db.query<StateRow>(
    `select i.i, ${STATE} from ${SPANS} cross join lateral (
       select distinct on (p.peer) p.* from path_hour p
       where ${WITHIN} and p.peer in (select o.peer from unnest($7::int[], $8::text[]) as o (i, peer) where o.i = i.i) order by p.peer, p.hour desc) p`,
    [...valuesOf(orgId, spans), asked.map(({ i }) => i), asked.map(({ peer }) => peer)],
  );
  return byItem(rows, spans.length);
}

/**
 * Where the state that a circuit's peers bring along from before `from` no longer matters: the end of the first later hour in which each of them told its
 * own, or of its last stored hour.
 */
export async function carriedUntil(
  db: Queryable,
  orgId: number,
  spans: readonly (CircuitSpan & { readonly peers: readonly string[] })[],
): Promise<(EpochMs | null)[]> {
  if (spans.length === 0) return [];
  const asked = spans.flatMap(({ peers }, i) => peers.map((peer) => ({ i: i + 1, peer })));
  const rows = await db.query<{ i: number; until_ms: number }>(
    `select i, max(until_ms) as until_ms from (
       select i.i, p.peer, ${epochMs('coalesce(min(p.hour) filter (where p.last_at >= p.hour), max(p.hour))')} + 3600000 as until_ms
       from ${SPANS} join unnest($7::int[], $8::text[]) as o (i, peer) on o.i = i.i
       join path_hour p on p.peer = o.peer and ${WITHIN} group by 1, 2) each group by i`,
    [...valuesOf(orgId, spans), asked.map(({ i }) => i), asked.map(({ peer }) => peer)],
  );
  const found = new Map(rows.map((row) => [row.i, msOf(row.until_ms)]));
  return spans.map((_span, i) => found.get(i + 1) ?? null);
}
