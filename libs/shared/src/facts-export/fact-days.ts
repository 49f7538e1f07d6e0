import { bucketOf, bucketsBetween, DAY_MS, nextTimeOfDay, type Bucket, type EpochMs, type TimeOfDay } from '@app/domain';
import type { Settings } from '../config/settings.js';
import type { Database } from '../database/database.js';
import type { ScheduledOrg } from '../database/reports/report-runs.repository.js';
import { factRevision, readManifest, writeFactDay, type FactDay, type FactManifest } from './fact-day.js';

/** What is kept may end a day earlier than counted here, as local days are not those of UTC. */
const MARGIN_MS = 2 * DAY_MS;

/** When the facts begin that are surely still kept: a day before it would be written empty. */
export function keptSince(now: EpochMs, { historyMonths }: Settings['retention']): EpochMs {
  const at = new Date(now);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - historyMonths, 1) + MARGIN_MS;
}

/** Days that are over, and after whose end the time of the export has come. */
export function exportableDays(org: ScheduledOrg, { since, now, at }: { since: EpochMs; now: EpochMs; at: TimeOfDay }): Bucket[] {
  const first = bucketOf(since - 1, 'day', org.zone).to;
  return bucketsBetween(first, now, 'day', org.zone).filter(({ to }) => nextTimeOfDay(at, to - 1) <= now);
}

export interface FactExport {
  readonly folder: string;
  readonly at: TimeOfDay;
  /** Days before the first export that are written too. */
  readonly backDays: number;
}

interface FactExporting {
  readonly org: ScheduledOrg;
  readonly since: EpochMs;
  readonly now: EpochMs;
  readonly plan: FactExport;
  /** Ends it after the day that is being written. */
  readonly signal: AbortSignal;
}

/**
 * Writes the days of an organization that the folder lacks, or whose facts have changed since. From the first day in the folder on there are no
 * holes, however long nobody was there. `written` is told of each.
 */
export async function exportFactDays(
  database: Database,
  { org, since, now, plan, signal }: FactExporting,
  written: (manifest: FactManifest) => void,
): Promise<void> {
  const days = exportableDays(org, { since, now, at: plan.at }).map((day): FactDay => ({ org, day, folder: plan.folder, now }));
  const manifests = new Map<FactDay, FactManifest>();
  for (const day of days) {
    const manifest = await readManifest(day);
    if (manifest !== null) manifests.set(day, manifest);
  }
  const oldest = days.findIndex((day) => manifests.has(day));
  const newest = Math.max(0, days.length - plan.backDays);
  const wanted = days.slice(oldest === -1 ? newest : Math.min(oldest, newest));
  for (const day of wanted) {
    if (signal.aborted) return;
    if (manifests.get(day)?.revision !== (await factRevision(database, day))) written(await writeFactDay(database, day));
  }
}

/** First key of the advisory locks under which one process writes facts of an org. */
const FACTS_LOCK = 7_340_057;

/** Runs while nobody else writes facts of the org; `null` = somebody does. */
export function writingFactsAlone<T>(database: Database, orgId: number, work: () => Promise<T>): Promise<T | null> {
  return database.transaction(async (tx) => {
    const [row] = await tx.query<{ isMine: boolean }>('select pg_try_advisory_xact_lock($1, $2) as "isMine"', [
      FACTS_LOCK,
      orgId,
    ]);
    return row?.isMine === true ? work() : null;
  });
}
