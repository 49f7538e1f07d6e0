import { DAY_MS, type EpochMs } from '@app/domain';
import type { Database, Queryable } from '@app/shared';
import { epochMs, instant } from '../facts/sql-time.js';

/** Something came for these times: at `now`, from Mist or another collector, or from a file. */
export interface Arrival {
  readonly instants: Iterable<EpochMs>;
  readonly now: EpochMs;
  readonly origin: 'live' | 'import';
}

/** A day is noted this seldom at most; retention reckons in days. */
const NOTE_EVERY_MS = 3_600_000;

const notedByDatabase = new WeakMap<Database, Map<string, EpochMs>>();

/**
 * Takes note of days that get something after they are over, so that retention counts from the arrival. Before the transaction that brings it:
 * retention looks once more when it has the table for itself, and then either sees the note, or is done before the rows come.
 */
export async function noteArrivals(database: Database, { instants, now, origin }: Arrival): Promise<void> {
  const noted = notedByDatabase.get(database) ?? new Map<string, EpochMs>();
  notedByDatabase.set(database, noted);
  const late = new Set<number>();
  for (const at of instants) {
    const day = Math.floor(at / DAY_MS);
    if ((day + 1) * DAY_MS > now - DAY_MS || late.has(day)) continue;
    const last = noted.get(keyOf(day, origin));
    if (last === undefined || Math.abs(now - last) >= NOTE_EVERY_MS) late.add(day);
  }
  if (late.size === 0) return;
  await database.query(
    `insert into data_day (day, arrived_at, imported_at)
     select (${instant('u.day')} at time zone 'UTC')::date, ${instant('$2::float8')}, case when $3 then ${instant('$2::float8')} end
     from unnest($1::float8[]) as u (day) order by u.day
     on conflict (day) do update set arrived_at = greatest(data_day.arrived_at, excluded.arrived_at),
       imported_at = greatest(data_day.imported_at, excluded.imported_at)`,
    [[...late].map((day) => day * DAY_MS), now, origin === 'import'],
  );
  for (const day of late) noted.set(keyOf(day, origin), now);
}

const keyOf = (day: number, origin: Arrival['origin']): string => `${origin} ${String(day)}`;

/** Whether something came for `[from, to)`: of whatever origin after the one time, from a file after the other. */
export async function hasArrivals(
  db: Queryable,
  { from, to }: { readonly from: EpochMs; readonly to: EpochMs },
  since: { readonly any: EpochMs | null; readonly imported: EpochMs },
): Promise<boolean> {
  const rows = await db.query(
    `select 1 from data_day where day >= (${instant('$1::float8')} at time zone 'UTC')::date and day < (${instant('$2::float8')} at time zone 'UTC')::date
       and (arrived_at > ${instant('$3::float8')} or imported_at > ${instant('$4::float8')}) limit 1`,
    [from, to, since.any, since.imported],
  );
  return rows.length > 0;
}

/** Notes that samples of a day are about to be dropped: from now on its facts can no longer be made from them. */
export async function noteDropped(db: Queryable, day: EpochMs, now: EpochMs): Promise<void> {
  await db.query(
    `insert into data_day (day, dropped_at) values ((${instant('$1::float8')} at time zone 'UTC')::date, ${instant('$2::float8')})
     on conflict (day) do update set dropped_at = excluded.dropped_at`,
    [day, now],
  );
}

/** Starts of the days in `[from, to)` whose samples were dropped once. */
export async function droppedDays(db: Queryable, from: EpochMs, to: EpochMs): Promise<EpochMs[]> {
  const rows = await db.query<{ day: number }>(
    `select ${epochMs(`(day::timestamp at time zone 'UTC')`)} as day from data_day where dropped_at is not null
       and day >= (${instant('$1::float8')} at time zone 'UTC')::date and day < (${instant('$2::float8')} at time zone 'UTC')::date order by day`,
    [from, to],
  );
  return rows.map(({ day }) => day);
}
