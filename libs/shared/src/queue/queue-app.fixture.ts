import { randomUUID } from 'node:crypto';
import { Module, type INestMicroservice, type LoggerService, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import pg from 'pg';
import { runMigrations } from '../database/data-source.js';
import { JsonLogger } from '../logging/json-logger.js';
import { BullMqServer, type BullMqServerOptions } from './bullmq.server.js';
import type { QueueConnection } from './connection.js';
import type { DeadJobStore } from './dead-job.store.js';
import { JobErrorFilter } from './job-error.filter.js';
import { NotingInterceptor, RefusalFilter, Scene } from './queue-scene.fixture.js';
import { testServers } from './queue-servers.fixture.js';
import { QueueModule } from './queue.module.js';

export interface QueueStage {
  readonly connection: QueueConnection;
  readonly scene: Scene;
  readonly store: DeadJobStore;
  /** Takes the lines of the log. */
  readonly log: string[];
}

/** A service with handlers of its own, started as all services are. */
export async function startQueueApp(
  { connection, scene, store, log }: QueueStage,
  options: Partial<BullMqServerOptions>,
  controllers: Type[],
): Promise<INestMicroservice> {
  @Module({
    imports: [QueueModule.forRoot(connection)],
    controllers,
    providers: [{ provide: Scene, useValue: scene }, RefusalFilter, NotingInterceptor],
  })
  class TestModule {}
  const strategy = new BullMqServer({
    connection,
    queues: ['collect', 'notify'],
    deadJobs: store,
    gracePeriodMs: 5_000,
    ...options,
  });
  const logger: LoggerService = new JsonLogger({
    service: 'test',
    level: 'warn',
    destination: { write: (line) => void log.push(line) },
  });
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(TestModule, { strategy, logger, abortOnError: false });
  app.useGlobalFilters(new JobErrorFilter());
  await app.listen();
  return app;
}

export interface QueuePlace {
  readonly pool: pg.Pool;
  /** To queues that nobody else uses. */
  connection(kind: QueueConnection['kind']): QueueConnection;
  close(): Promise<void>;
}

/** Both servers that queues may live on; Postgres has the schema. */
export async function openQueuePlace(): Promise<QueuePlace> {
  const { postgres, redis } = await testServers();
  await runMigrations(postgres.url);
  const pool = new pg.Pool({ connectionString: postgres.url, max: 2 });
  return {
    pool,
    connection: (kind) => {
      const space = `t${randomUUID().replaceAll('-', '').slice(0, 12)}`;
      return kind === 'redis' ? { kind, url: redis.url, prefix: space } : { kind, url: postgres.url, schema: space };
    },
    close: async () => {
      await pool.end();
      await redis.stop();
      await postgres.stop();
    },
  };
}
