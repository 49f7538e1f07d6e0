import { HOUR_MS, type EpochMs } from '@app/domain';
import { arePartitionsKnown, ensurePartitions, type Database } from '@app/shared';
import { prepareSketchDays } from '../facts/sketch-days.js';
import { epochMs, msOrNull } from '../facts/sql-time.js';

/** No month is shorter, so this step meets every one. */
const SHORTEST_MONTH_MS = 28 * 24 * HOUR_MS;

const TABLES = ['circuit_hour', 'path_hour'] as const;

/** Runs what locks whole tables; the default is at once. */
type Locking = (make: () => Promise<void>) => Promise<void>;
const atOnce: Locking = (make) => make();

/** Partitions of hour facts: hours between the observed ones get facts too, so all months of the org up to these hours need theirs. */
export async function prepareMonths(
  database: Database,
  orgId: number,
  hours: readonly EpochMs[],
  locking: Locking = atOnce,
): Promise<void> {
  const [bounds] = await database.query<{ first: number | null; last: number | null }>(
    `select ${epochMs('min(first_observed_at)')} as first, ${epochMs('max(last_observed_at)')} as last from circuit where org_id = $1`,
    [orgId],
  );
  const known = [msOrNull(bounds?.first ?? null), msOrNull(bounds?.last ?? null)].filter((at) => at !== null);
  const all = [...hours, ...known];
  const from = all.reduce((min, at) => Math.min(min, at), Infinity);
  const to = all.reduce((max, at) => Math.max(max, at), -Infinity);
  const instants = [to];
  for (let at = from; at < to; at += SHORTEST_MONTH_MS) instants.push(at);
  if (TABLES.every((table) => arePartitionsKnown(database, table, instants))) return;
  await locking(async () => {
    for (const table of TABLES) await ensurePartitions(database, table, instants);
  });
}

/** Partitions of all that is made anew from the samples of an org. */
export async function prepareRecompute(database: Database, orgId: number, now: EpochMs): Promise<void> {
  await prepareMonths(database, orgId, [now]);
  await prepareSketchDays(database, { from: -Infinity, to: Infinity });
}
