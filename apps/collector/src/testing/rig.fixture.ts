import { Controller, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import {
  completeCycle,
  createService,
  Database,
  DatabaseModule,
  HandlesJob,
  parseSettings,
  RawBatch,
  requireOrg,
  RuntimeModule,
  type Clock,
  type QueueConnection,
  type RunningService,
  type Runtime,
} from '@app/shared';
import { createTestDatabase, testRedisUrl } from '@app/testing';
import { CollectorModule } from '../collector.module.js';

/** Postgres and Redis of one spec. */
export interface Rig {
  readonly databaseUrl: string;
  readonly queue: QueueConnection;
  readonly database: Database;
  stop(): Promise<void>;
}

export async function startRig(): Promise<Rig> {
  const created = await createTestDatabase();
  const database = new Database({ url: created.url, poolSize: 4 });
  const stop = async (): Promise<void> => {
    await database.close();
    await created.drop();
  };
  return { databaseUrl: created.url, queue: { kind: 'redis', ...testRedisUrl() }, database, stop };
}

export interface OrgEntry {
  readonly id: string;
  readonly baseUrl: string;
  readonly token: string;
  readonly token2?: string;
  readonly webhook?: { readonly secret: string; readonly url?: string; readonly manage?: boolean };
}

/** A runtime as environment and configuration file would give it. */
export function runtimeFor(rig: Rig, clock: Clock, config: { orgs: readonly OrgEntry[]; collect?: object }): Runtime {
  const { databaseUrl, queue } = rig;
  return {
    settings: parseSettings(JSON.stringify(config), {}),
    clock,
    queue,
    databaseUrl,
    env: {
      databaseUrl,
      databasePoolSize: 6,
      queue,
      configFile: '',
      log: { level: 'silent', file: null },
      port: 0,
      healthPort: 0,
      publicUrl: null,
      trustProxy: false,
      clockFile: null,
      ackLinkKeys: [],
      shutdownGraceMs: 2_000,
      variables: {},
    },
  };
}

/** The collector without its workers: what it does on request. */
export async function openCollector(runtime: Runtime): Promise<INestApplicationContext> {
  const database = DatabaseModule.forRoot({ url: runtime.databaseUrl, poolSize: 6 });
  const root = { module: class Root {}, imports: [RuntimeModule.forRoot({ ...runtime, imports: [database] }), CollectorModule] };
  return NestFactory.createApplicationContext(root, { logger: false });
}

/** Takes batches off the real queue, as the analyzer does, and marks their cycles committed. */
export interface BatchSink {
  readonly batches: readonly RawBatch[];
  close(): Promise<void>;
}

export async function startBatchSink(rig: Rig, runtime: Runtime): Promise<BatchSink> {
  const batches: RawBatch[] = [];

  @Controller()
  class SinkHandlers {
    @HandlesJob('ingest-batch')
    async take(@Payload() batch: RawBatch): Promise<void> {
      batches.push(batch);
      await commit(rig.database, batch);
    }
  }

  @Module({ controllers: [SinkHandlers] })
  class SinkModule {}

  const service: RunningService = await createService({ name: 'sink', module: SinkModule, queues: ['ingest'], runtime });
  return { batches, close: () => service.close() };
}

async function commit(database: Database, batch: RawBatch): Promise<void> {
  const org = await requireOrg(database, batch.orgId);
  await database.transaction(async (tx) => {
    await tx.query(
      `insert into batch (org_id, batch_id, cycle_id, kind, observed_at, records, set_aside)
       values ($1, $2, $3, $4, $5, $6, 0) on conflict do nothing`,
      [org.id, batch.batchId, batch.cycleId, batch.kind, new Date(batch.observedAt), batch.records?.length ?? 0],
    );
    await completeCycle(tx, org.id, batch.cycleId);
  });
}
