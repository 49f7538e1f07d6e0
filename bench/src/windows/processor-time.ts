import { readFile } from 'node:fs/promises';
import type { Database } from '@app/shared';

/** Seconds of processor time; of Postgres only where its processes can be seen. */
export interface ProcessorTime {
  readonly node: number;
  readonly postgres: number | null;
}

const TICKS_A_SECOND = 100;

async function postgresSeconds(database: Database): Promise<number | null> {
  const rows = await database.query<{ pid: number }>('select pid from pg_stat_activity where datname = current_database()');
  const stats = await Promise.all(rows.map(({ pid }) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)));
  if (stats.some((stat) => stat === null)) return null;
  const ticks = stats.map((stat) => (stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? []).slice(11, 13).map(Number));
  return ticks.flat().reduce((sum, value) => sum + value, 0) / TICKS_A_SECOND;
}

/** Adds the processor time of some work to what it gives: it tells the cost also on a busy machine, where the wall clock tells who waited. */
export async function withProcessorTime<T>(
  database: Database,
  work: () => Promise<T>,
): Promise<T & { readonly cpu: ProcessorTime }> {
  const [node, postgres] = [process.cpuUsage(), await postgresSeconds(database)];
  const result = await work();
  const { user, system } = process.cpuUsage(node);
  const after = await postgresSeconds(database);
  return {
    ...result,
    cpu: { node: (user + system) / 1e6, postgres: postgres === null || after === null ? null : after - postgres },
  };
}
