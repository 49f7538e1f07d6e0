import { UNASSIGNED_REGION, windowsBetween, type EpochMs, type Span } from '@app/domain';
import type { Queryable } from './database.js';

/** One time that a window of maintenance takes place. */
export interface MaintenanceWindow extends Span {
  readonly id: number;
}

/** Every time that maintenance of an org takes place inside a span, in no order and with overlaps. */
export async function maintenanceWindows(db: Queryable, orgId: number, span: Span): Promise<MaintenanceWindow[]> {
  const rows = await db.query<{ id: number; from: Date; to: Date; rrule: string | null; timezone: string | null }>(
    `select id, from_at as "from", to_at as "to", null as rrule, null as timezone from maintenance
     where org_id = $1 and to_at > $2 and from_at < $3 and cancelled_at is null and rrule is null
     union all
     select id, from_at, to_at, rrule, timezone from maintenance where org_id = $1 and from_at < $3 and rrule is not null and cancelled_at is null`,
    [orgId, new Date(span.from), new Date(span.to)],
  );
  return rows.flatMap(({ id, rrule, timezone, ...first }) => {
    const [from, to] = [first.from.getTime(), first.to.getTime()];
    if (rrule === null || timezone === null) return [{ id, from, to }];
    return windowsBetween({ rrule, timezone, from, durationMs: to - from }, span).map((window) => ({ id, ...window }));
  });
}

/** How far ahead the next window is looked for; later ones are found when it is looked again. */
const AHEAD_MS = 8 * 86_400_000;

/** When a silence or a window of maintenance of an org begins next, or when to look again for one; `null` = none is planned. */
export async function nextHoldAt(db: Queryable, orgId: number, now: EpochMs): Promise<EpochMs | null> {
  const [silence] = await db.query<{ at: Date | null }>(
    'select min(from_at) as at from silence where org_id = $1 and to_at > $2 and from_at > $2 and ended_at is null',
    [orgId, new Date(now)],
  );
  const windows = await maintenanceWindows(db, orgId, { from: now, to: now + AHEAD_MS });
  const [later] = await db.query<{ isPlanned: boolean }>(
    `select exists (select 1 from maintenance where org_id = $1 and cancelled_at is null and (rrule is not null or from_at > $2)) as "isPlanned"`,
    [orgId, new Date(now)],
  );
  const times = [
    ...(silence?.at == null ? [] : [silence.at.getTime()]),
    ...windows.map(({ from }) => from).filter((from) => from > now),
    ...(later?.isPlanned === true ? [now + AHEAD_MS] : []),
  ];
  return times.length === 0 ? null : Math.min(...times);
}

/** The three arrays that `maintenanceTimes` reads. */
export const windowArrays = (windows: readonly MaintenanceWindow[]): [number[], Date[], Date[]] => [
  windows.map(({ id }) => id),
  windows.map(({ from }) => new Date(from)),
  windows.map(({ to }) => new Date(to)),
];

/** Windows with each time that they take place, as a table to select from: `ids`, `froms` and `tos` are the places of three arrays of one length. */
export const maintenanceTimes = (ids: string, froms: string, tos: string): string =>
  `(select x.org_id, x.id, x.scope, x.region, x.provider, x.site_id, x.circuit_id, w.from_at, w.to_at
    from unnest(${ids}::bigint[], ${froms}::timestamptz[], ${tos}::timestamptz[]) w (id, from_at, to_at)
    join maintenance x on x.org_id = $1 and x.id = w.id)`;

/** Configured values go before Mist's, later ones before earlier; as of the beginning of the window. */
const newest = (table: string, column: string, key: string): string =>
  `(select t.${column} from ${table} t where t.org_id = m.org_id and t.${key} and t.since <= m.from_at and t.${column} is not null
    order by t.source, t.since desc limit 1)`;

const COVERS_SITE = `case m.scope when 'org' then true when 'site' then m.site_id = s.id
    when 'region' then m.region = coalesce(${newest('site_attribute', 'region', 'site_id = s.id')}, s.country_code, '${UNASSIGNED_REGION}')`;

/**
 * Times `m` that hold for a circuit `c` of a site `s`. Region and provider are those of the time the window begins. Alerting and availability share
 * this one rule.
 */
export const COVERED_BY_MAINTENANCE = `${COVERS_SITE}
    when 'circuit' then m.circuit_id = c.id
    when 'provider' then m.provider = ${newest('circuit_attribute', 'provider', 'circuit_id = c.id')} end`;

/** Maintenance of these circuits in a span, in no order and with overlaps. */
export const maintenanceOf = async (
  db: Queryable,
  orgId: number,
  circuitIds: readonly number[],
  span: Span,
): Promise<Map<number, Span[]>> => circuitWindows(db, orgId, circuitIds, await maintenanceWindows(db, orgId, span));

/** Which of these times hold for which of these circuits. */
export async function circuitWindows(
  db: Queryable,
  orgId: number,
  circuitIds: readonly number[],
  windows: readonly MaintenanceWindow[],
): Promise<Map<number, Span[]>> {
  if (windows.length === 0) return new Map();
  const rows = await db.query<{ circuit: number; from_at: Date; to_at: Date }>(
    `select c.id as circuit, m.from_at, m.to_at from ${maintenanceTimes('$3', '$4', '$5')} m
     join circuit c on c.org_id = m.org_id and c.id = any($2) join site s on s.org_id = c.org_id and s.id = c.site_id
     where ${COVERED_BY_MAINTENANCE}`,
    [orgId, circuitIds, ...windowArrays(windows)],
  );
  const byCircuit = new Map<number, Span[]>();
  for (const { circuit, from_at: from, to_at: to } of rows) {
    const list = byCircuit.get(circuit) ?? [];
    byCircuit.set(circuit, list);
    list.push({ from: from.getTime(), to: to.getTime() });
  }
  return byCircuit;
}

/** The window that holds for something at an instant, and until when. */
export interface Cover {
  readonly id: number;
  readonly to: EpochMs;
}

/** What is under maintenance at an instant. */
export interface MaintenanceNow {
  readonly org: Cover | null;
  /** Whole sites: by a window of theirs, or because every live circuit is covered by one. */
  readonly sites: ReadonlyMap<number, Cover>;
  readonly circuits: ReadonlyMap<number, Cover>;
}

interface CoverRow {
  readonly site: number;
  readonly circuit: number | null;
  readonly isLive: boolean;
  readonly circuitCover: Cover | null;
  readonly siteCover: Cover | null;
}

const coverOf = (condition: string): string =>
  `(select jsonb_build_object('id', m.id, 'to', (extract(epoch from m.to_at) * 1000)::bigint) from times m where ${condition}
    order by m.to_at desc, m.id limit 1)`;

/** What of these sites is under maintenance at an instant. */
export async function maintenanceAt(
  db: Queryable,
  orgId: number,
  siteIds: readonly number[],
  at: EpochMs,
): Promise<MaintenanceNow> {
  const windows = await maintenanceWindows(db, orgId, { from: at, to: at + 1 });
  if (windows.length === 0) return { org: null, sites: new Map(), circuits: new Map() };
  const arrays = windowArrays(windows);
  const [org] = await db.query<{ cover: Cover | null }>(
    `with times as (select * from ${maintenanceTimes('$2', '$3', '$4')} m) select ${coverOf("m.scope = 'org'")} as cover`,
    [orgId, ...arrays],
  );
  const rows = await db.query<CoverRow & { [column: string]: unknown }>(
    `with times as materialized (select * from ${maintenanceTimes('$3', '$4', '$5')} m)
     select s.id as site, c.id as circuit, coalesce(c.is_live and not c.disabled, false) as "isLive",
       case when c.id is not null then ${coverOf(COVERED_BY_MAINTENANCE)} end as "circuitCover", ${coverOf(`${COVERS_SITE} end`)} as "siteCover"
     from site s left join circuit c on c.org_id = s.org_id and c.site_id = s.id where s.org_id = $1 and s.id = any($2)`,
    [orgId, siteIds, ...arrays],
  );
  return { org: org?.cover ?? null, ...coversOf(rows) };
}

function coversOf(rows: readonly CoverRow[]): Pick<MaintenanceNow, 'sites' | 'circuits'> {
  const circuits = new Map(
    rows.flatMap(({ circuit, circuitCover }) =>
      circuit === null || circuitCover === null ? [] : [[circuit, circuitCover] as const],
    ),
  );
  const sites = new Map<number, Cover>();
  const bySite = new Map<number, CoverRow[]>();
  for (const row of rows) bySite.set(row.site, [...(bySite.get(row.site) ?? []), row]);
  for (const [site, own] of bySite) {
    const cover = own[0]?.siteCover ?? everyCircuits(own.filter(({ isLive }) => isLive));
    if (cover !== null) sites.set(site, cover);
  }
  return { sites, circuits };
}

/** A site without a circuit that is free of maintenance is under maintenance until the first of them is. */
function everyCircuits(live: readonly CoverRow[]): Cover | null {
  const covers = live.flatMap(({ circuitCover }) => circuitCover ?? []);
  if (live.length === 0 || covers.length < live.length) return null;
  return covers.reduce((first, cover) => (cover.to < first.to ? cover : first));
}
