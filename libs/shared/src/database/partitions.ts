import { DateTime } from 'luxon';
import { countDropped } from './data-changes.repository.js';
import type { Database, Queryable } from './database.js';

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
 * whole table until its commit. What exists is remembered per process, so that the usual call costs nothing; retention may drop it behind the
 * memory, in which case the next write fails for the moment and the database forgets all it knew of partitions.
 */
export async function ensurePartitions(database: Database, table: PartitionedTable, instants: Iterable<number>): Promise<void> {
  const missing = missingOf(database, table, instants);
  if (missing.size === 0) return;
  await database.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [PARTITION_LOCK]);
    for (const { name, from, to } of missing.values()) {
      await tx.query(`create table if not exists ${name} partition of ${table} for values from ('${from}') to ('${to}')`);
    }
  });
  for (const name of missing.keys()) database.knownPartitions.add(name);
}

/** Whether `ensurePartitions` would have nothing to do, and so lock nothing. */
export const arePartitionsKnown = (database: Database, table: PartitionedTable, instants: Iterable<number>): boolean =>
  missingOf(database, table, instants).size === 0;

/** Partitions of these instants that were not seen yet, by name. */
function missingOf(database: Database, table: PartitionedTable, instants: Iterable<number>): Map<string, Partition> {
  const missing = new Map<string, Partition>();
  let lastDay = Number.NaN;
  for (const at of instants) {
    const day = Math.floor(at / DAY_MS);
    if (day === lastDay) continue;
    lastDay = day;
    const partition = partitionOf(table, at);
    if (!database.knownPartitions.has(partition.name)) missing.set(partition.name, partition);
  }
  return missing;
}

/** A partition as it exists. */
export interface ExistingPartition {
  readonly table: PartitionedTable;
  readonly name: string;
  /** Epoch ms, half-open. */
  readonly from: number;
  readonly to: number;
}

/** Every partition there is of these tables, the oldest first. */
export async function listPartitions(database: Queryable, tables: readonly PartitionedTable[]): Promise<ExistingPartition[]> {
  const rows = await database.query<{ table: PartitionedTable; name: string }>(
    `select p.relname as "table", c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
     where p.relname = any($1) and p.relnamespace = current_schema()::regnamespace`,
    [tables],
  );
  return rows.map((row) => ({ ...row, ...boundsOf(row) })).sort((a, b) => a.from - b.from || (a.name < b.name ? -1 : 1));
}

function boundsOf({ table, name }: { table: PartitionedTable; name: string }): { from: number; to: number } {
  const width = PARTITIONED[table];
  const start = DateTime.fromFormat(name.slice(table.length + 1), STAMPS[width], { zone: 'utc' });
  return { from: start.toMillis(), to: start.plus({ [width]: 1 }).toMillis() };
}

/**
 * Drops a partition if `isStillDue` says so when nobody else works on its table; returns whether it did. Whoever reads or writes the table
 * is waited for only so long, because others queue up behind the one who waits.
 */
export async function dropPartition(
  database: Database,
  { table, name }: Pick<ExistingPartition, 'table' | 'name'>,
  { patienceMs, isStillDue }: { patienceMs: number; isStillDue: (tx: Queryable) => Promise<boolean> },
): Promise<boolean> {
  const isGone = await database.transaction(async (tx) => {
    await tx.query(`set local lock_timeout = ${String(Math.round(patienceMs))}`);
    await tx.query(`lock table ${table} in access exclusive mode`);
    const [found] = await tx.query<{ exists: boolean }>('select to_regclass($1) is not null as exists', [name]);
    if (found?.exists !== true || !(await isStillDue(tx))) return false;
    await tx.query(`drop table ${name}`);
    await countDropped(tx, boundsOf({ table, name }));
    return true;
  });
  if (isGone) database.knownPartitions.delete(name);
  return isGone;
}
