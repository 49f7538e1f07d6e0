import { DateTime } from 'luxon';
import type { Database } from './database.js';

const DAY_MS = 86_400_000;

/** Tables partitioned by time and the width of a partition. */
export const PARTITIONED = {
  port_sample: 'day',
  path_sample: 'day',
  port_event: 'day',
  device_event: 'day',
  device_state: 'day',
  sle_sample: 'day',
  insight: 'day',
  circuit_hour: 'month',
  path_hour: 'month',
  hour_sketch: 'day',
  circuit_day: 'month',
  circuit_week: 'year',
  circuit_month: 'year',
  circuit_sketch: 'month',
  group_day: 'year',
  group_week: 'year',
  group_month: 'year',
  site_sle_hour: 'month',
  site_sle_day: 'year',
  health_hour: 'month',
  health_day: 'year',
} as const;
export type PartitionedTable = keyof typeof PARTITIONED;

/** How a partition's name tells its start. */
const STAMPS = { day: 'yyyyMMdd', month: 'yyyyMM', year: 'yyyy' } as const;

/** Keeps concurrent creators of one partition apart. */
const PARTITION_LOCK = 7_340_022;

const knownByDatabase = new WeakMap<Database, Set<string>>();

interface Partition {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

function partitionOf(table: PartitionedTable, at: number): Partition {
  const width = PARTITIONED[table];
  const start = DateTime.fromMillis(at, { zone: 'utc' }).startOf(width);
  const stamp = start.toFormat(STAMPS[width]);
  return { name: `${table}_${stamp}`, from: start.toISO() ?? '', to: start.plus({ [width]: 1 }).toISO() ?? '' };
}

/**
 * Makes the partitions that hold the given instants (epoch ms). Call it before a transaction, never inside: creating a partition locks the
 * whole table until its commit. What exists is remembered per process, so that the usual call costs nothing.
 */
export async function ensurePartitions(database: Database, table: PartitionedTable, instants: Iterable<number>): Promise<void> {
  const known = knownByDatabase.get(database) ?? new Set<string>();
  knownByDatabase.set(database, known);
  const missing = new Map<string, Partition>();
  let lastDay = Number.NaN;
  for (const at of instants) {
    const day = Math.floor(at / DAY_MS);
    if (day === lastDay) continue;
    lastDay = day;
    const partition = partitionOf(table, at);
    if (!known.has(partition.name)) missing.set(partition.name, partition);
  }
  if (missing.size === 0) return;
  await database.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [PARTITION_LOCK]);
    for (const { name, from, to } of missing.values()) {
      await tx.query(`create table if not exists ${name} partition of ${table} for values from ('${from}') to ('${to}')`);
    }
  });
  for (const name of missing.keys()) known.add(name);
}
