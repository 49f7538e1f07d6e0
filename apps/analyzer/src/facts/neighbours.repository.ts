import { DAY_MS, type EpochMs, type PortSample, type PortState } from '@app/domain';
import type { Queryable } from '@app/shared';
import { PORT_COLUMNS, toSample, type PortRow } from './port-rows.js';
import { epochMs, instant, msOf } from './sql-time.js';

/** Asks for what surrounds `[before, after)`: the last before it, the first at or after its end. */
export interface Surroundings {
  readonly circuitId: number;
  readonly before: EpochMs;
  readonly after: EpochMs;
  /** First and last observation of the circuit: nothing is searched beyond. */
  readonly observed: { readonly first: EpochMs; readonly last: EpochMs };
}

export interface StoredEvent {
  readonly at: EpochMs;
  readonly state: PortState;
}

export interface Neighbours {
  /** Last poll that tells the state, and the last within `max_gap` with each of the counters; ascending. */
  readonly before: PortSample[];
  readonly after: PortSample[];
  readonly eventBefore: StoredEvent | null;
  readonly eventAfter: StoredEvent | null;
}

/** A poll, or an event: that one has a state. */
interface FoundRow extends PortRow {
  readonly i: number;
  readonly side: 'before' | 'after';
  readonly state: PortState | null;
}

/** Most neighbours lie this close; only for the others all partitions are searched. */
const NEAR_MS = DAY_MS;

/** A circuit has one poll of an instant, but maybe several events: these go by their place. */
const lateral = (table: 'port_sample' | 'port_event', alias: string, side: 'before' | 'after', condition: string): string => {
  const [limit, order] = side === 'before' ? [`s.at < ${instant('i.before')}`, 'desc'] : [`s.at >= ${instant('i.after')}`, 'asc'];
  return `(select s.* from ${table} s where s.org_id = $1 and s.circuit_id = i.circuit and ${limit}
    and s.at >= ${instant('$5::float8')} and s.at <= ${instant('$6::float8')} ${condition} order by s.at ${order}${table === 'port_sample' ? '' : ', s.ctid'} limit 1) ${alias}`;
};
const TELLS_STATE = 'and s.up is not null and not s.disabled';
const isNear = (side: 'before' | 'after'): string =>
  `s.at ${side === 'before' ? `>= ${instant('i.before - $7')}` : `<= ${instant('i.after + $7')}`}`;
const near = (column: string, side: 'before' | 'after'): string => `and s.${column} is not null and ${isNear(side)}`;

/** The very next poll, and whether it is all there is to find: nearly always. */
const nearestSql = (side: 'before' | 'after'): string => `nearest_${side} as materialized (
  select i.*, s.*, (s.up is not null and not s.disabled and (s.rx_bytes is not null and s.tx_bytes is not null or not (${isNear(side)}))) as is_all
  from item i cross join lateral ${lateral('port_sample', 's', side, '')})`;
const pollSql = (side: 'before' | 'after'): string => `
  select s.i, '${side}' as side, ${PORT_COLUMNS}, null as state from nearest_${side} s where s.is_all
  union all
  select distinct i.i, '${side}' as side, ${PORT_COLUMNS}, null as state from nearest_${side} i cross join lateral (
    select * from ${lateral('port_sample', 'state', side, TELLS_STATE)}
    union all select * from ${lateral('port_sample', 'rx', side, near('rx_bytes', side))}
    union all select * from ${lateral('port_sample', 'tx', side, near('tx_bytes', side))}
  ) s where not i.is_all`;
/** Events in the columns of polls, so that one question finds both. */
const eventSql = (side: 'before' | 'after'): string => `
  select i.i, '${side}' as side, i.circuit, ${epochMs('e.at')}, null, null, null, null, null, null, null, null, null, null, null, null, null, e.state
  from item i cross join lateral ${lateral('port_event', 'e', side, '')}`;

const ITEMS =
  'with item as materialized (select * from unnest($2::int[], $3::float8[], $4::float8[]) with ordinality as u (circuit, before, after, i))';
const sideSql = (side: 'before' | 'after'): string => `${pollSql(side)} union all ${eventSql(side)}`;
const BEFORE = `${ITEMS}, ${nearestSql('before')} ${sideSql('before')}`;
const BOTH = `${ITEMS}, ${nearestSql('before')}, ${nearestSql('after')} ${sideSql('before')} union all ${sideSql('after')}`;

interface Mutable {
  before: PortSample[];
  after: PortSample[];
  eventBefore: StoredEvent | null;
  eventAfter: StoredEvent | null;
}

/** What was observed just before and after each stretch of time. */
export async function findNeighbours(
  db: Queryable,
  orgId: number,
  items: readonly Surroundings[],
  maxGapMs: number,
): Promise<Neighbours[]> {
  if (items.length === 0) return [];
  const from = items.reduce((min, item) => Math.min(min, item.before), Infinity) - NEAR_MS;
  const to = items.reduce((max, item) => Math.max(max, item.after), -Infinity) + NEAR_MS;
  const found = await search(db, orgId, items, { from, to, maxGapMs });
  const open = [...items.keys()].filter((i) => isOpen(items[i], found[i]));
  if (open.length === 0) return found;
  const everywhere = { from: FIRST_MS, to: LAST_MS, maxGapMs };
  const far = await search(
    db,
    orgId,
    open.flatMap((i) => items[i] ?? []),
    everywhere,
  );
  open.forEach((i, j) => {
    const wide = far[j];
    if (wide !== undefined) found[i] = wide;
  });
  return found;
}

/** Bounds of what can be stored at all: years 1970 to 2100. */
const FIRST_MS = 0;
const LAST_MS = Date.UTC(2101, 0, 1);

function isOpen(item: Surroundings | undefined, found: Neighbours | undefined): boolean {
  if (item === undefined || found === undefined) return false;
  const missesBefore = found.before.length === 0 && found.eventBefore === null;
  const missesAfter = found.after.length === 0 && found.eventAfter === null;
  return (missesBefore && item.observed.first < item.before) || (missesAfter && item.observed.last >= item.after);
}

interface Search {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly maxGapMs: number;
}

async function search(
  db: Queryable,
  orgId: number,
  items: readonly Surroundings[],
  { from, to, maxGapMs }: Search,
): Promise<Neighbours[]> {
  // What a circuit's own span of observations rules out is not looked for: mostly that anything follows the newest.
  const befores = items.map(({ observed, before }) => (observed.first < before ? before : null));
  const afters = items.map(({ observed, after }) => (observed.last >= after ? clampMs(after) : null));
  const values = [orgId, items.map((item) => item.circuitId), befores, afters, from, clampMs(to), maxGapMs];
  const found: Mutable[] = items.map(() => ({ before: [], after: [], eventBefore: null, eventAfter: null }));
  const hasAfter = afters.some((after) => after !== null);
  if (!hasAfter && befores.every((before) => before === null)) return found;
  for (const row of await db.query<FoundRow>(hasAfter ? BOTH : BEFORE, values)) note(found[row.i - 1], row);
  for (const each of found) {
    each.before.sort((a, b) => a.at - b.at);
    each.after.sort((a, b) => a.at - b.at);
  }
  return found;
}

function note(found: Mutable | undefined, row: FoundRow): void {
  if (found === undefined) return;
  if (row.state === null) found[row.side].push(toSample(row));
  else found[row.side === 'before' ? 'eventBefore' : 'eventAfter'] = { at: msOf(row.at_ms), state: row.state };
}

const clampMs = (at: EpochMs): EpochMs => Math.min(at, LAST_MS);
