import { DAY_MS } from '@app/domain';
import { ensurePartitions, type Database } from '@app/shared';
import { refoldAllHealthDays } from './health.repository.js';
import { historyZone, lockSleHistory, refoldAllSleDays } from './sle-history.repository.js';

/** Makes the days of an org's history anew when its reporting time zone is another than theirs; returns whether it was. */
export async function refoldHistory(database: Database, orgId: number): Promise<boolean> {
  const [org] = await database.query<{ zone: string; stored: string }>(
    `select o.reporting_timezone as zone, h.timezone as stored from org o join sle_history_state h on h.org_id = o.id where o.id = $1`,
    [orgId],
  );
  if (org === undefined || org.zone === org.stored) return false;
  await prepareDays(database, orgId);
  await database.transaction(async (tx) => {
    await lockSleHistory(tx, orgId);
    if ((await historyZone(tx, orgId)) === org.zone) return;
    await refoldAllSleDays(tx, orgId, org.zone);
    await refoldAllHealthDays(tx, orgId, org.zone);
    await tx.query('update sle_history_state set timezone = $2 where org_id = $1', [orgId, org.zone]);
  });
  return true;
}

/** A day of another zone may begin in the year before the one of its hours. */
async function prepareDays(database: Database, orgId: number): Promise<void> {
  const [bounds] = await database.query<{ first: Date | null; last: Date | null }>(
    'select min(start) as first, max(start) as last from site_sle_day where org_id = $1',
    [orgId],
  );
  if (bounds?.first == null || bounds.last === null) return;
  const days: number[] = [];
  for (let day = bounds.first.getTime() - DAY_MS; day <= bounds.last.getTime() + DAY_MS; day += DAY_MS) days.push(day);
  await ensurePartitions(database, 'site_sle_day', days);
  await ensurePartitions(database, 'health_day', days);
}
