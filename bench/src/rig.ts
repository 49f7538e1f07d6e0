import { join } from 'node:path';
import { ANALYZER, AnalyzerModule } from '@app/analyzer';
import { ShiftClock, startServers } from '@app/cli';
import {
  createService,
  Database,
  JobPublisher,
  JsonLogger,
  loadEnv,
  parseSettings,
  type RunningService,
  type Runtime,
} from '@app/shared';
import { Module, type OnApplicationBootstrap } from '@nestjs/common';
import type { BenchContext } from './outcome.js';

const DATA_DIR = join(import.meta.dirname, '../../.data/bench');

/** Real servers with an empty database, and what drives services on them. */
export interface Rig {
  readonly runtime: Runtime;
  readonly clock: ShiftClock;
  readonly database: Database;
  readonly publisher: JobPublisher;
  readonly description: string;
  close(): Promise<void>;
}

/** Starts the servers in the project's data folder; what an earlier run left in the benchmark's database is gone. */
export async function startRig(name: string, now: number, { env: variables }: BenchContext): Promise<Rig> {
  const servers = await startServers({ dataDir: DATA_DIR, env: variables, freshDatabase: `mistwatch_bench_${name}` });
  const env = loadEnv({
    ...servers.variables,
    QUEUE_PREFIX: `bench_${name}_p${process.pid}`,
    LOG_LEVEL: 'error',
    SHUTDOWN_GRACE_SECONDS: '5',
  });
  const clock = new ShiftClock(now);
  const database = new Database({ url: servers.databaseUrl, poolSize: 4, applicationName: 'mistwatch-bench' });
  const publisher = new JobPublisher(env.queue);
  return {
    runtime: { env, settings: parseSettings('', {}), clock, queue: env.queue, databaseUrl: servers.databaseUrl },
    clock,
    database,
    publisher,
    description: servers.description,
    close: async () => {
      await publisher.close();
      await database.close();
      await servers.stop();
    },
  };
}

/** Takes the time at which the analyzer is made and is about to open its workers. */
@Module({ imports: [AnalyzerModule] })
class TimedAnalyzer implements OnApplicationBootstrap {
  static readyAt = 0;

  onApplicationBootstrap(): void {
    TimedAnalyzer.readyAt = performance.now();
  }
}

export interface TimedService {
  readonly service: RunningService;
  /** When it could begin to take jobs, by `performance.now()`. */
  readonly readyAt: number;
}

/** An analyzer as production runs it, in this process. */
export async function startAnalyzer({ runtime }: Rig): Promise<TimedService> {
  const logger = new JsonLogger({ service: ANALYZER.name, ...runtime.env.log });
  const service = await createService({ ...ANALYZER, module: TimedAnalyzer, healthPort: 0, runtime, logger });
  return { service, readyAt: TimedAnalyzer.readyAt };
}

const PATIENCE_MS = 300_000;

/** Waits until a query's single number has reached the wanted one; looks every `everyMs`. */
export async function reached(
  database: Database,
  wanted: number,
  query: { sql: string; values: readonly unknown[]; everyMs?: number },
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const [row] = await database.query<{ count: number }>(query.sql, query.values);
    if ((row?.count ?? 0) >= wanted) return;
    if (performance.now() > deadline)
      throw new Error(`Waited ${PATIENCE_MS / 1000} s for ${wanted}, got ${row?.count}: ${query.sql}`);
    await new Promise((resolve) => setTimeout(resolve, query.everyMs ?? 10));
  }
}

/** Ends the benchmark when a number is not what it must be: a fast wrong answer is no result. */
export function mustBe(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`Wrong result: ${what} is ${String(actual)}, must be ${String(expected)}.`);
}
