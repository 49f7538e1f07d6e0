import type { EpochMs } from '@app/domain';
import { CLIENT_BASED_SLE, SLE_SUM_COLUMNS, SLE_SUMS, sleWeightSql, type Queryable, type Transaction } from '@app/shared';

/** An hour of one service level of one site. */
export interface SleHourKey {
  readonly siteId: number;
  readonly metric: string;
  readonly hour: EpochMs;
}

/** A reading that says something about an hour. */
export interface HourReading extends SleHourKey {
  readonly at: EpochMs;
  readonly score: number;
  readonly isExact: boolean;
  readonly numAps: number | null;
  readonly numClients: number | null;
}

export interface HourDetail extends SleHourKey {
  readonly at: EpochMs;
  readonly totalMinutes: number;
  readonly degradedMinutes: number;
}

/** Keeps writers of one org's history apart: a day is folded from hours that another transaction may just be writing. */
const HISTORY_LOCK = 7_340_081;

/** Held until the transaction ends. Take it after all rows that others may wait for, alerts apart. */
export async function lockSleHistory(tx: Transaction, orgId: number): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1, $2)', [HISTORY_LOCK, orgId]);
}

interface KeyRow {
  readonly site_id: number;
  readonly metric: string;
  readonly hour: Date;
}

const toKey = (row: KeyRow): SleHourKey => ({ siteId: row.site_id, metric: row.metric, hour: row.hour.getTime() });
const dates = (times: readonly EpochMs[]): Date[] => times.map((at) => new Date(at));

/** Where the bounds stand among the keys; what writes needs none. */
const BOUNDS_AT = 4;

/** The keys of hours as parameters: org, sites, metrics, hours, and the first and last hour, so that other partitions are not looked at. */
function keyValues(orgId: number, keys: readonly SleHourKey[]): unknown[] {
  let [first, last] = [Infinity, -Infinity];
  for (const { hour } of keys) [first, last] = [Math.min(first, hour), Math.max(last, hour)];
  return [
    orgId,
    keys.map(({ siteId }) => siteId),
    keys.map(({ metric }) => metric),
    dates(keys.map(({ hour }) => hour)),
    new Date(first),
    new Date(last),
  ];
}

/** What longer periods depend on, of an hour. */
interface FiguresRow extends KeyRow {
  readonly score: number | null;
  readonly total_minutes: number | null;
  readonly num_clients: number | null;
}

/** One look into the index for each hour: `limit` keeps the planner from going through a month of hours instead. */
const FIGURES = `
  select u.site_id, u.metric, u.hour, x.score, x.total_minutes, x.num_clients
  from unnest($2::int[], $3::text[], $4::timestamptz[]) as u (site_id, metric, hour) cross join lateral (
    select h.score, h.total_minutes, h.num_clients from site_sle_hour h
    where h.org_id = $1 and h.site_id = u.site_id and h.metric = u.metric and h.hour = u.hour and h.hour between $5 and $6 limit 1) x`;

/** Upserts hours and returns those whose figures changed; a newer proof of the same figures is stored without a word. Needs the lock: it reads before it writes. */
async function offer(tx: Queryable, sql: string, keys: readonly unknown[], values: readonly unknown[]): Promise<SleHourKey[]> {
  const before = new Map((await tx.query<FiguresRow>(FIGURES, keys)).map((row) => [textOf(row), row]));
  const stored = await tx.query<FiguresRow>(`${sql} returning site_id, metric, hour, score, total_minutes, num_clients`, [
    ...keys.slice(0, BOUNDS_AT),
    ...values,
  ]);
  return stored.filter((row) => isOther(row, before.get(textOf(row)))).map(toKey);
}

const textOf = ({ site_id, metric, hour }: KeyRow): string => `${site_id} ${metric} ${hour.getTime()}`;
const isOther = (row: FiguresRow, before: FiguresRow | undefined): boolean =>
  before === undefined ||
  row.score !== before.score ||
  row.total_minutes !== before.total_minutes ||
  row.num_clients !== before.num_clients;

const READINGS = `
  with given as (select distinct on (u.site_id, u.metric, u.hour) u.* from unnest($2::int[], $3::text[], $4::timestamptz[], $5::float8[], $6::timestamptz[], $7::bool[],
     $8::int[], $9::int[]) as u (site_id, metric, hour, reading_score, reading_at, is_exact, num_aps, num_clients)
   order by u.site_id, u.metric, u.hour, u.is_exact desc, u.reading_at desc)
   insert into site_sle_hour (org_id, site_id, metric, hour, reading_score, reading_at, is_exact, num_aps, num_clients) select $1, g.* from given g
   on conflict (org_id, site_id, metric, hour) do update set reading_score = excluded.reading_score, reading_at = excluded.reading_at,
     is_exact = excluded.is_exact, num_aps = excluded.num_aps, num_clients = excluded.num_clients
   where site_sle_hour.reading_at is null or (excluded.is_exact, excluded.reading_at) >= (site_sle_hour.is_exact, site_sle_hour.reading_at)`;

/** Of several readings of an hour that about it alone goes first, then the later one; whatever came first. Returns the hours that changed. */
export async function offerReadings(tx: Queryable, orgId: number, readings: readonly HourReading[]): Promise<SleHourKey[]> {
  if (readings.length === 0) return [];
  return offer(tx, READINGS, keyValues(orgId, readings), [
    readings.map(({ score }) => score),
    dates(readings.map(({ at }) => at)),
    readings.map(({ isExact }) => isExact),
    readings.map(({ numAps }) => numAps),
    readings.map(({ numClients }) => numClients),
  ]);
}

const DETAILS = `
  with given as (select distinct on (u.site_id, u.metric, u.hour) u.* from unnest($2::int[], $3::text[], $4::timestamptz[], $5::float8[], $6::float8[],
     $7::timestamptz[]) as u (site_id, metric, hour, total_minutes, degraded_minutes, detail_at)
   order by u.site_id, u.metric, u.hour, u.detail_at desc)
   insert into site_sle_hour (org_id, site_id, metric, hour, total_minutes, degraded_minutes, detail_at) select $1, g.* from given g
   on conflict (org_id, site_id, metric, hour) do update set total_minutes = excluded.total_minutes, degraded_minutes = excluded.degraded_minutes,
     detail_at = excluded.detail_at
   where site_sle_hour.detail_at is null or excluded.detail_at >= site_sle_hour.detail_at`;

/** User-minutes of hours; a later answer about an hour replaces an earlier one. Returns the hours that changed. */
export async function offerDetails(tx: Queryable, orgId: number, details: readonly HourDetail[]): Promise<SleHourKey[]> {
  if (details.length === 0) return [];
  return offer(tx, DETAILS, keyValues(orgId, details), [
    details.map(({ totalMinutes }) => totalMinutes),
    details.map(({ degradedMinutes }) => degradedMinutes),
    dates(details.map(({ at }) => at)),
  ]);
}

type ReadingKey = SleHourKey & { readonly at: EpochMs };

/** Forgets the reading of these hours where it is the one taken at `at`: it was corrected to say nothing. Returns the hours it held. */
export async function withdrawReadings(tx: Queryable, orgId: number, readings: readonly ReadingKey[]): Promise<SleHourKey[]> {
  const held = await heldBy(tx, orgId, readings);
  if (held.length === 0) return [];
  await tx.query(
    `update site_sle_hour h set reading_score = null, reading_at = null, is_exact = false, num_aps = null, num_clients = null
     from unnest($2::int[], $3::text[], $4::timestamptz[]) as u (site_id, metric, hour)
     where h.org_id = $1 and h.site_id = u.site_id and h.metric = u.metric and h.hour = u.hour and h.hour between $5 and $6`,
    keyValues(orgId, held),
  );
  return held;
}

/** The hours that have these very readings. Most readings without a score never had one. */
async function heldBy(tx: Queryable, orgId: number, readings: readonly ReadingKey[]): Promise<SleHourKey[]> {
  if (readings.length === 0) return [];
  const rows = await tx.query<KeyRow>(
    `select u.site_id, u.metric, u.hour from unnest($2::int[], $3::text[], $4::timestamptz[], $7::timestamptz[]) as u (site_id, metric, hour, at)
     cross join lateral (select 1 from site_sle_hour h where h.org_id = $1 and h.site_id = u.site_id and h.metric = u.metric and h.hour = u.hour
       and h.hour between $5 and $6 and h.reading_at = u.at limit 1) x`,
    [...keyValues(orgId, readings), dates(readings.map(({ at }) => at))],
  );
  return rows.map(toKey);
}

/** A stored reading, as it came. */
export interface StoredReading {
  readonly siteId: number;
  readonly metric: string;
  readonly at: EpochMs;
  readonly score: number | null;
  readonly numAps: number | null;
  readonly numClients: number | null;
  readonly windowFrom: EpochMs | null;
  readonly windowTo: EpochMs | null;
}

interface SampleRow {
  readonly site_id: number;
  readonly metric: string;
  readonly at: Date;
  readonly score: number | null;
  readonly num_aps: number | null;
  readonly num_clients: number | null;
  readonly window_from: Date | null;
  readonly window_to: Date | null;
}

/** Readings that may be about these hours: those taken in the hour and the day after it. */
export async function readingsAround(tx: Queryable, orgId: number, keys: readonly SleHourKey[]): Promise<StoredReading[]> {
  if (keys.length === 0) return [];
  const rows = await tx.query<SampleRow>(
    `select distinct q.site_id, q.metric, q.at, q.score, q.num_aps, q.num_clients, q.window_from, q.window_to
     from unnest($2::int[], $3::text[], $4::timestamptz[]) as u (site_id, metric, hour)
     join sle_sample q on q.org_id = $1 and q.site_id = u.site_id and q.metric = u.metric and q.at >= u.hour and q.at < u.hour + interval '25 hours'
       and q.at >= $5 and q.at < $6::timestamptz + interval '25 hours'`,
    keyValues(orgId, keys),
  );
  return rows.map((row) => ({
    siteId: row.site_id,
    metric: row.metric,
    at: row.at.getTime(),
    score: row.score,
    numAps: row.num_aps,
    numClients: row.num_clients,
    windowFrom: row.window_from?.getTime() ?? null,
    windowTo: row.window_to?.getTime() ?? null,
  }));
}

/** A local day of one service level of one site. */
export interface SleDayKey {
  readonly siteId: number;
  readonly metric: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

const DAY_COLUMNS = `org_id, site_id, metric, start, ${SLE_SUM_COLUMNS}`;

/** Adds the hours of these days up anew. */
export async function foldSleDays(tx: Queryable, orgId: number, days: readonly SleDayKey[]): Promise<void> {
  if (days.length === 0) return;
  await tx.query(
    `insert into site_sle_day (${DAY_COLUMNS})
     select $1, d.site_id, d.metric, d.start, f.* from unnest($3::int[], $4::text[], $5::timestamptz[], $6::timestamptz[]) as d (site_id, metric, start, stop)
     cross join lateral (select ${SLE_SUMS} from (
       select h.score, ${sleWeightSql('d.metric', '$2')} as w from site_sle_hour h
       where h.org_id = $1 and h.site_id = d.site_id and h.metric = d.metric and h.hour >= d.start and h.hour < d.stop and h.score is not null) x) f
     on conflict (org_id, site_id, metric, start) do update set hours = excluded.hours, weighed_hours = excluded.weighed_hours,
       weight = excluded.weight, weighed_sum = excluded.weighed_sum, plain_sum = excluded.plain_sum`,
    [
      orgId,
      CLIENT_BASED_SLE,
      days.map(({ siteId }) => siteId),
      days.map(({ metric }) => metric),
      dates(days.map(({ from }) => from)),
      dates(days.map(({ to }) => to)),
    ],
  );
}

/** Makes every day of an org anew in another time zone. */
export async function refoldAllSleDays(tx: Queryable, orgId: number, timezone: string): Promise<void> {
  await tx.query('delete from site_sle_day where org_id = $1', [orgId]);
  await tx.query(
    `insert into site_sle_day (${DAY_COLUMNS})
     select $1, x.site_id, x.metric, x.start, ${SLE_SUMS} from (
       select h.site_id, h.metric, date_trunc('day', h.hour, $3) as start, h.score, ${sleWeightSql('h.metric', '$2')} as w
       from site_sle_hour h where h.org_id = $1 and h.score is not null) x group by 2, 3, 4`,
    [orgId, CLIENT_BASED_SLE, timezone],
  );
}

/** The zone whose days are stored; the org's own where none is yet. */
export async function historyZone(tx: Queryable, orgId: number): Promise<string> {
  const [row] = await tx.query<{ timezone: string }>(
    `with made as (insert into sle_history_state (org_id, timezone) select id, reporting_timezone from org where id = $1 on conflict do nothing returning timezone)
     select timezone from made union all select timezone from sle_history_state where org_id = $1`,
    [orgId],
  );
  return row?.timezone ?? 'UTC';
}
