import { HOUR_MS, UNASSIGNED_REGION, type EpochMs, type Span } from '@app/domain';
import type { Queryable } from '../database.js';

/** Where a circuit belonged at one time. */
export interface Membership {
  readonly region: string;
  readonly storeType: string | null;
  readonly provider: string | null;
}

interface DatedRow {
  readonly id: number;
  /** Position of its source: the lowest that says something counts. */
  readonly rank: number;
  /** Epoch ms; -Infinity = since ever. */
  readonly since: EpochMs;
}

type Said<K extends string> = DatedRow & Readonly<Record<K, string | null>>;

/** What holds from `since` until the next. */
interface Holds {
  readonly since: EpochMs;
  readonly value: string | null;
}

/** The first hour that begins at or after an instant: an attribute holds for hours that begin while it does. */
const hourFrom = (at: EpochMs): EpochMs => Math.ceil(at / HOUR_MS) * HOUR_MS;

/** Rows of one thing and one column, ascending by time, as what holds when: a better source goes before, within it the later. */
function timelineOf(rows: readonly { rank: number; since: EpochMs; value: string }[]): Holds[] {
  const newest: { rank: number; value: string }[] = [];
  const timeline: Holds[] = [];
  for (const { rank, since, value } of [...rows].sort((a, b) => a.since - b.since)) {
    newest[rank] = { rank, value };
    const holds = newest.find((each) => each !== undefined)?.value ?? null;
    const last = timeline.at(-1);
    if (last?.since === since) timeline[timeline.length - 1] = { since, value: holds };
    else if (last?.value !== holds) timeline.push({ since, value: holds });
  }
  return timeline;
}

const valueAt = (timeline: readonly Holds[] | undefined, at: EpochMs): string | null =>
  timeline?.findLast(({ since }) => since <= at)?.value ?? null;

const NO_CUTS: readonly EpochMs[] = [];
const cutsOf = (timeline: readonly Holds[] | undefined, { from, to }: Span): readonly EpochMs[] =>
  timeline === undefined ? NO_CUTS : timeline.map(({ since }) => hourFrom(since)).filter((since) => since > from && since < to);

function byId<K extends string>(rows: readonly Said<K>[], column: K): Map<number, Holds[]> {
  const lists = new Map<number, { rank: number; since: EpochMs; value: string }[]>();
  for (const row of rows) {
    const value = row[column];
    if (value === null) continue;
    const list = lists.get(row.id);
    const each = { rank: row.rank, since: row.since, value };
    if (list === undefined) lists.set(row.id, [each]);
    else list.push(each);
  }
  return new Map([...lists].map(([id, list]) => [id, timelineOf(list)]));
}

/** Region, store type and provider of circuits at any time: sites by key, circuits by key. */
export class Memberships {
  constructor(
    private readonly countries: ReadonlyMap<number, string | null>,
    private readonly regions: ReadonlyMap<number, readonly Holds[]>,
    private readonly storeTypes: ReadonlyMap<number, readonly Holds[]>,
    private readonly providers: ReadonlyMap<number, readonly Holds[]>,
  ) {}

  /** Of a circuit while it is at a site. */
  at(circuitId: number, siteId: number, at: EpochMs): Membership {
    return {
      region: valueAt(this.regions.get(siteId), at) ?? (this.countries.get(siteId) || UNASSIGNED_REGION),
      storeType: valueAt(this.storeTypes.get(siteId), at),
      provider: valueAt(this.providers.get(circuitId), at),
    };
  }

  /** Starts of hours inside a span from which on the membership may be another, ascending. */
  changesIn(circuitId: number, siteId: number, span: Span): readonly EpochMs[] {
    const cuts = [this.regions.get(siteId), this.storeTypes.get(siteId), this.providers.get(circuitId)].flatMap((timeline) =>
      cutsOf(timeline, span),
    );
    return cuts.length < 2 ? cuts : [...new Set(cuts)].sort((a, b) => a - b);
  }
}

const SINCE = `(extract(epoch from since) * 1000)::float8 as since`;
const RANK = `case source when 'configured' then 0 when 'traffic_shaping' then 1 else 2 end as rank`;

/** Memberships of these circuits through all time, wherever in the org they were. Two look-ups by the keys of the attributes. */
export async function loadMemberships(db: Queryable, orgId: number, circuitIds: readonly number[]): Promise<Memberships> {
  const sites = await db.query<Said<'region' | 'store_type'>>(
    `select site_id as id, ${RANK}, ${SINCE}, region, store_type from site_attribute where org_id = $1`,
    [orgId],
  );
  const countries = await db.query<{ id: number; country: string | null }>(
    'select id, country_code as country from site where org_id = $1',
    [orgId],
  );
  const circuits = await db.query<Said<'provider'>>(
    `select circuit_id as id, ${RANK}, ${SINCE}, provider from circuit_attribute
     where org_id = $1 and circuit_id = any($2) and provider is not null`,
    [orgId, circuitIds],
  );
  return new Memberships(
    new Map(countries.map(({ id, country }) => [id, country])),
    byId(sites, 'region'),
    byId(sites, 'store_type'),
    byId(circuits, 'provider'),
  );
}
