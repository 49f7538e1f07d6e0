import { Module, type DynamicModule, type INestMicroservice, type LoggerService, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { collectDefaultMetrics, Counter, Registry } from 'prom-client';
import { Database } from './database/database.js';
import { DatabaseModule } from './database/database.module.js';
import { HealthServer } from './health/health.server.js';
import { JsonLogger } from './logging/json-logger.js';
import { BullMqServer } from './queue/bullmq.server.js';
import type { QueueName } from './queue/contracts.js';
import { PostgresDeadJobStore } from './queue/dead-job.store.js';
import { jobsOn } from './queue/dispatch.js';
import { JobErrorFilter } from './queue/job-error.filter.js';
import { JobPublisher } from './queue/publisher.js';
import { RuntimeModule, type Runtime } from './runtime.module.js';

export interface ServiceDefinition {
  readonly name: string;
  readonly module: Type | DynamicModule;
  readonly queues: readonly QueueName[];
  /** Where health and metrics are served unless HEALTH_PORT says otherwise; 0 is any free port. */
  readonly healthPort?: number;
  /** Connections to Postgres unless DATABASE_POOL_SIZE says otherwise. */
  readonly databasePoolSize?: number;
}

export interface ServiceOptions extends ServiceDefinition {
  readonly runtime: Runtime;
  readonly concurrency?: Partial<Record<QueueName, number>>;
  readonly logger?: LoggerService;
}

export interface RunningService {
  readonly app: INestMicroservice;
  readonly healthPort: number;
  /** Stops taking jobs, finishes or hands back the running ones, closes everything. */
  close(): Promise<void>;
}

@Module({})
class ServiceModule {}

/** Starts a worker service inside this process; `runService` does the same for a process of its own. */
export async function createService(options: ServiceOptions): Promise<RunningService> {
  const { name, runtime } = options;
  const registry = new Registry();
  registry.setDefaultLabels({ service: name });
  collectDefaultMetrics({ register: registry });
  const database = new Database({ url: runtime.databaseUrl, poolSize: 2, applicationName: `mistwatch-${name}-parking` });
  const server = jobServer(options, database, registry);
  const app = await createApp(options, server, registry);
  const health = new HealthServer({
    service: name,
    port: runtime.env.healthPort ?? options.healthPort ?? 0,
    checks: { database: () => database.query('select 1'), queue: () => app.get(JobPublisher).ping() },
    registry,
  });
  try {
    await app.listen();
    const healthPort = await health.start();
    return { app, healthPort, close: once(() => closeAll(app, health, database)) };
  } catch (error) {
    await closeAll(app, health, database);
    throw error;
  }
}

function jobServer({ runtime, queues, concurrency }: ServiceOptions, database: Database, registry: Registry): BullMqServer {
  const parked = new Counter({
    name: 'mistwatch_jobs_parked_total',
    help: 'Jobs that failed for good and wait in dead_job',
    labelNames: ['queue', 'job'] as const,
    registers: [registry],
  });
  // Known before the first is parked: a counter that appears at 1 has not increased.
  for (const queue of queues) for (const job of jobsOn(queue)) parked.inc({ queue, job }, 0);
  return new BullMqServer({
    connection: runtime.queue,
    queues,
    deadJobs: new PostgresDeadJobStore(database.pool),
    gracePeriodMs: runtime.env.shutdownGraceMs,
    onParked: (job) => parked.inc({ queue: job.queue, job: job.name }),
    now: () => runtime.clock.now(),
    ...(concurrency === undefined ? {} : { concurrency }),
  });
}

async function createApp(options: ServiceOptions, strategy: BullMqServer, metrics: Registry): Promise<INestMicroservice> {
  const { name, module, runtime } = options;
  const { env } = runtime;
  const database = DatabaseModule.forRoot({
    url: runtime.databaseUrl,
    poolSize: env.databasePoolSize ?? options.databasePoolSize ?? null,
    applicationName: `mistwatch-${name}`,
  });
  const root: DynamicModule = {
    module: ServiceModule,
    imports: [RuntimeModule.forRoot({ ...runtime, metrics, imports: [database] }), module],
  };
  const logger = options.logger ?? new JsonLogger({ service: name, ...env.log });
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(root, { strategy, logger, abortOnError: false });
  app.useGlobalFilters(new JobErrorFilter());
  return app;
}

async function closeAll(app: INestMicroservice, health: HealthServer, database: Database): Promise<void> {
  health.markStopping();
  try {
    await app.close();
  } finally {
    await health.close();
    await database.close();
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
