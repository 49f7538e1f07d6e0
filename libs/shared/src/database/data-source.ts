import 'reflect-metadata';
import type { DataSource, QueryRunner } from 'typeorm';
import { dropFence, raiseFence } from './fence/fence-schema.js';
import { Dimensions1767225600000 } from './migrations/1767225600000-dimensions.js';
import { Observations1767225600100 } from './migrations/1767225600100-observations.js';
import { Facts1767225600200 } from './migrations/1767225600200-facts.js';
import { Collection1767225600300 } from './migrations/1767225600300-collection.js';
import { Alerting1767225600400 } from './migrations/1767225600400-alerting.js';
import { Rollups1767225600500 } from './migrations/1767225600500-rollups.js';
import { Failovers1767225600600 } from './migrations/1767225600600-failovers.js';
import { Paths1767225600700 } from './migrations/1767225600700-paths.js';
import { History1767225600800 } from './migrations/1767225600800-history.js';
import { Maintenance1767225601000 } from './migrations/1767225601000-maintenance.js';
import { Channels1767225601100 } from './migrations/1767225601100-channels.js';
import { Routing1767225601200 } from './migrations/1767225601200-routing.js';
import { Rules1767225601300 } from './migrations/1767225601300-rules.js';
import { Outages1767225601400 } from './migrations/1767225601400-outages.js';
import { Inbox1767225601500 } from './migrations/1767225601500-inbox.js';
import { Answers1767225601700 } from './migrations/1767225601700-answers.js';
import { RollupIndexes1767225601900 } from './migrations/1767225601900-rollup-indexes.js';
import { Arrivals1767225602100 } from './migrations/1767225602100-arrivals.js';
import { DeadLetters1767225602200 } from './migrations/1767225602200-dead-letters.js';
import { GatewayConfigs1767225602300 } from './migrations/1767225602300-gateway-configs.js';
import { ConfigItems1767225602350 } from './migrations/1767225602350-config-items.js';
import { DataChanges1767225602600 } from './migrations/1767225602600-data-changes.js';
import { IdempotentAnswers1767225602610 } from './migrations/1767225602610-idempotent-answers.js';
import { LiveEvents1767225602740 } from './migrations/1767225602740-live-events.js';
import { KeySiteGroups1767225602700 } from './migrations/1767225602700-key-site-groups.js';
import { KeyMakers1767225602750 } from './migrations/1767225602750-key-makers.js';
import { ReportPlans1767225602760 } from './migrations/1767225602760-report-plans.js';
import { ScheduledReports1767225602720 } from './migrations/1767225602720-scheduled-reports.js';
import { LoginSessions1767225602710 } from './migrations/1767225602710-login-sessions.js';
import { Retention1767225600900 } from './migrations/1767225600900-retention.js';

const MIGRATIONS = [
  Dimensions1767225600000,
  Observations1767225600100,
  Facts1767225600200,
  Collection1767225600300,
  Alerting1767225600400,
  Rollups1767225600500,
  Failovers1767225600600,
  Paths1767225600700,
  History1767225600800,
  Maintenance1767225601000,
  Retention1767225600900,
  Channels1767225601100,
  Routing1767225601200,
  Rules1767225601300,
  Outages1767225601400,
  Inbox1767225601500,
  Answers1767225601700,
  RollupIndexes1767225601900,
  Arrivals1767225602100,
  DeadLetters1767225602200,
  GatewayConfigs1767225602300,
  ConfigItems1767225602350,
  DataChanges1767225602600,
  IdempotentAnswers1767225602610,
  LoginSessions1767225602710,
  KeyMakers1767225602750,
  KeySiteGroups1767225602700,
  ScheduledReports1767225602720,
  LiveEvents1767225602740,
  ReportPlans1767225602760,
];

/** Key of the advisory lock under which one process migrates while the others wait. */
const MIGRATION_LOCK = 7_340_021;

async function withDataSource<T>(url: string, work: (source: DataSource) => Promise<T>): Promise<T> {
  // Only who migrates needs it, and it takes longer to load than most of a service.
  const { DataSource } = await import('typeorm');
  const source = await new DataSource({
    type: 'postgres',
    url,
    migrations: MIGRATIONS,
    migrationsTransactionMode: 'all',
    synchronize: false,
    entities: [],
  }).initialize();
  try {
    return await work(source);
  } finally {
    await source.destroy();
  }
}

/** Brings the schema to the newest version; several processes may call it at once. Returns the names of what was applied. */
export function runMigrations(url: string): Promise<string[]> {
  return withDataSource(url, async (source) => {
    const locker = source.createQueryRunner();
    await locker.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      return await migrate(source);
    } finally {
      await locker.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]);
      await locker.release();
    }
  });
}

/**
 * The tables and the views of the fence around them change together or not at all: whoever asks in between waits. The views go first, because they
 * hold on to their tables.
 */
async function migrate(source: DataSource): Promise<string[]> {
  const { MigrationExecutor } = await import('typeorm');
  return inTransaction(source, async (runner) => {
    const executor = new MigrationExecutor(source, runner);
    executor.transaction = 'all';
    if ((await executor.getPendingMigrations()).length > 0) await dropFence(runner);
    const applied = await executor.executePendingMigrations();
    await raiseFence(runner);
    return applied.map(({ name }) => name);
  });
}

async function inTransaction<T>(source: DataSource, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
  const runner = source.createQueryRunner();
  await runner.startTransaction();
  try {
    const result = await work(runner);
    await runner.commitTransaction();
    return result;
  } catch (error) {
    await runner.rollbackTransaction();
    throw error;
  } finally {
    await runner.release();
  }
}

/** Takes back the newest migrations, one after the other; used to prove that each is reversible. */
export function revertMigrations(url: string, count: number): Promise<void> {
  return withDataSource(url, async (source) => {
    await dropFence(source);
    for (let undone = 0; undone < count; undone++) await source.undoLastMigration();
  });
}
