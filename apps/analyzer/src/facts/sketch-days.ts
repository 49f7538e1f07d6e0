import type { Span } from '@app/domain';
import { ensurePartitions, listPartitions, type Database } from '@app/shared';

/** Days on which hours may have sketches: those with samples. Whoever makes facts of stored samples may be the first to write there. */
export async function prepareSketchDays(database: Database, { from, to }: Span): Promise<void> {
  const sampled = await listPartitions(database, ['port_sample', 'path_sample']);
  const within = sampled.filter((day) => day.from < to && day.to > from);
  await ensurePartitions(
    database,
    'hour_sketch',
    within.map((day) => day.from),
  );
}
