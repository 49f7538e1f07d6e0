import { DAY_MS, type EpochMs, type PortSample, type PortState } from '@app/domain';
import { numbersLiteral, type CopyCursor, type Copying } from '@app/shared';
import { SAMPLE_COLUMNS, sampleOf } from './samples.repository.js';
import { instant } from './sql-time.js';

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

/** Most neighbours lie this close; only for the others all partitions are searched. */
const NEAR_MS = DAY_MS;

type Side = 'before' | 'after';

/** What is looked for, and between which instants. */
interface Search {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly maxGapMs: number;
}

/** The statement of one search: a COPY takes no parameters. */
class SearchSql {
  private readonly within: string;

  constructor(
    private readonly orgId: number,
    private readonly search: Search,
  ) {
    const at = (ms: number): string => instant(`'${ms}'::float8`);
    this.within = `s.at >= ${at(search.from)} and s.at <= ${at(search.to)}`;
  }

  of(items: string, sides: readonly Side[]): string {
    return `with item as materialized (select * from ${items} with ordinality as u (circuit, before, after, i)),
      ${sides.map((side) => this.nearest(side)).join(', ')}
      ${sides.map((side) => `${this.polls(side)} union all ${this.events(side)}`).join(' union all ')}`;
  }

  /** A circuit has one poll of an instant, but maybe several events: these go by their place. */
  private lateral(table: 'port_sample' | 'port_event', alias: string, side: Side, condition = ''): string {
    const [limit, order] =
      side === 'before' ? [`s.at < ${instant('i.before')}`, 'desc'] : [`s.at >= ${instant('i.after')}`, 'asc'];
    return `(select s.* from ${table} s where s.org_id = ${this.orgId} and s.circuit_id = i.circuit and ${limit}
      and ${this.within} ${condition} order by s.at ${order}${table === 'port_sample' ? '' : ', s.ctid'} limit 1) ${alias}`;
  }

  private isNear(side: Side): string {
    const { maxGapMs } = this.search;
    return `s.at ${side === 'before' ? `>= ${instant(`i.before - ${maxGapMs}`)}` : `<= ${instant(`i.after + ${maxGapMs}`)}`}`;
  }

  /** The very next poll, and whether it is all there is to find: nearly always. */
  private nearest(side: Side): string {
    return `nearest_${side} as materialized (
      select i.*, s.*, (s.up is not null and not s.disabled and (s.rx_bytes is not null and s.tx_bytes is not null or not (${this.isNear(side)}))) as is_all
      from item i cross join lateral ${this.lateral('port_sample', 's', side)})`;
  }

  private polls(side: Side): string {
    const near = (column: string): string => `and s.${column} is not null and ${this.isNear(side)}`;
    const columns = `${side === 'before' ? 'true' : 'false'}, ${SAMPLE_COLUMNS}, null::boolean`;
    return `
      select s.i::int, ${columns} from nearest_${side} s where s.is_all
      union all
      select distinct i.i::int, ${columns} from nearest_${side} i cross join lateral (
        select * from ${this.lateral('port_sample', 'state', side, 'and s.up is not null and not s.disabled')}
        union all select * from ${this.lateral('port_sample', 'rx', side, near('rx_bytes'))}
        union all select * from ${this.lateral('port_sample', 'tx', side, near('tx_bytes'))}
      ) s where not i.is_all`;
  }

  /** Events in the columns of polls, so that one question finds both: whether it went up comes last. */
  private events(side: Side): string {
    return `
      select i.i::int, ${side === 'before' ? 'true' : 'false'}, e.at, null, null, null, null, null, null, null, null, null, null, null, null, null, e.state = 'up'
      from item i cross join lateral ${this.lateral('port_event', 'e', side)}`;
  }
}

interface Mutable {
  before: PortSample[];
  after: PortSample[];
  eventBefore: StoredEvent | null;
  eventAfter: StoredEvent | null;
}

/** What was observed just before and after each stretch of time. */
export async function findNeighbours(
  db: Copying,
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

async function search(
  db: Copying,
  orgId: number,
  items: readonly Surroundings[],
  { from, to, maxGapMs }: Search,
): Promise<Neighbours[]> {
  // What a circuit's own span of observations rules out is not looked for: mostly that anything follows the newest.
  const befores = items.map(({ observed, before }) => (observed.first < before ? before : -Infinity));
  const afters = items.map(({ observed, after }) => (observed.last >= after ? clampMs(after) : Infinity));
  const found: Mutable[] = items.map(() => ({ before: [], after: [], eventBefore: null, eventAfter: null }));
  const hasAfter = afters.some(Number.isFinite);
  if (!hasAfter && !befores.some(Number.isFinite)) return found;
  const circuits = items.map((item) => item.circuitId);
  const asked = `unnest(${numbersLiteral(circuits, 'int')}, ${numbersLiteral(befores, 'float8')}, ${numbersLiteral(afters, 'float8')})`;
  const sql = new SearchSql(orgId, { from, to: clampMs(to), maxGapMs }).of(asked, hasAfter ? ['before', 'after'] : ['before']);
  await db.copyRows(sql, (row) => note(found[row.int4() - 1], row));
  for (const each of found) {
    if (each.before.length > 1) each.before.sort((a, b) => a.at - b.at);
    if (each.after.length > 1) each.after.sort((a, b) => a.at - b.at);
  }
  return found;
}

function note(found: Mutable | undefined, row: CopyCursor): void {
  const side = row.bool() === true ? 'before' : 'after';
  const poll = sampleOf(row);
  const isUp = row.bool();
  if (found === undefined) return;
  if (isUp === null) found[side].push(poll);
  else found[side === 'before' ? 'eventBefore' : 'eventAfter'] = { at: poll.at, state: isUp ? 'up' : 'down' };
}

const clampMs = (at: EpochMs): EpochMs => Math.min(at, LAST_MS);
