import { DAY_MS, type EpochMs } from '@app/domain';
import { ensurePartitions, type Database } from '@app/shared';

/** Makes the partitions that readings about these hours need, whatever the zone in which their days begin. */
export async function prepareHistory(database: Database, hours: readonly EpochMs[]): Promise<void> {
  const days = hours.flatMap((hour) => [hour - DAY_MS, hour]);
  await ensurePartitions(database, 'site_sle_hour', hours);
  await ensurePartitions(database, 'health_hour', hours);
  await ensurePartitions(database, 'site_sle_day', days);
  await ensurePartitions(database, 'health_day', days);
}
