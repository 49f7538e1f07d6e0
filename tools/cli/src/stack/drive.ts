import { CollectService } from '@app/collector';
import { JobPublisher, type CollectKind, type Database, type RunningService } from '@app/shared';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Polls run every five minutes, scores every quarter, inventories every hour. */
export const STEP_MS = 5 * MINUTE_MS;
const SCORES_EVERY_MS = 15 * MINUTE_MS;

const EVERY_STEP: readonly CollectKind[] = ['gateways', 'wan-ports', 'peer-paths', 'device-events', 'alarms'];
const INVENTORIES: readonly CollectKind[] = ['site-groups', 'sites', 'inventory'];
/** Of circuits that are known by then. */
const CONFIGURATIONS: readonly CollectKind[] = ['gateway-config'];
const SCORES: readonly CollectKind[] = ['sle-wifi', 'sle-wan'];

export interface Driven {
  readonly orgIds: readonly string[];
  readonly database: Database;
  readonly collector: RunningService;
  /** Moves the time of the services and of the simulated cloud. */
  readonly setTime: (at: number) => Promise<void> | void;
}

export interface DriveOptions {
  readonly from: number;
  readonly to: number;
  readonly onStep?: (at: number) => Promise<void> | void;
}

/** Lives through a stretch of simulated time, step by step: polls what is due, waits until all of it is stored and told, moves on. */
export async function drive(driven: Driven, { from, to, onStep }: DriveOptions): Promise<void> {
  for (let at = from; at <= to; at += STEP_MS) {
    await driven.setTime(at);
    await pollStep(driven, at, at === from);
    await settle(driven, at);
    await onStep?.(at);
  }
}

async function pollStep({ orgIds, database, collector }: Driven, at: number, isFirst: boolean): Promise<void> {
  const collect = collector.app.get(CollectService, { strict: false });
  const poll = async (kinds: readonly CollectKind[]): Promise<void> => {
    await Promise.all(orgIds.flatMap((orgId) => kinds.map((kind) => collect.runCycle(orgId, kind))));
    await committed(database);
  };
  if (isFirst || at % HOUR_MS === 0) for (const kind of INVENTORIES) await poll([kind]);
  await poll(EVERY_STEP);
  if (isFirst || at % HOUR_MS === 0) await poll(CONFIGURATIONS);
  if (isFirst || at % SCORES_EVERY_MS === 0) {
    await poll(SCORES);
    await poll(['sle-detail']);
  }
}

/** What time asks for at this instant: closed hours, alert delays, notices that are due. All of it goes over the queue, wherever the services run. */
export async function settle({ orgIds, database, collector }: Driven, at: number): Promise<void> {
  const publisher = collector.app.get(JobPublisher, { strict: false });
  const instant = new Date(at);
  for (const orgId of orgIds) {
    if (at % HOUR_MS < STEP_MS) await publisher.publish('close-hours', { orgId }, { jobId: `drive-close-${at}-${orgId}` });
    if (at % HOUR_MS < STEP_MS) await publisher.publish('roll-up', { orgId }, { jobId: `drive-roll-up-${at}-${orgId}` });
    await publisher.publish('drain-failovers', { orgId }, { jobId: `drive-failovers-${at}-${orgId}` });
    await publisher.publish('evaluate-alerts', { orgId }, { jobId: `drive-evaluate-${at}-${orgId}` });
    await publisher.publish('note-changes', { orgId }, { jobId: `drive-note-${at}-${orgId}` });
  }
  await until(database, 'closed hours have facts', OPEN_HOURS, [new Date(at - (at % HOUR_MS))]);
  await until(database, 'failovers are found', 'select 1 from failover_mark union all select 1 from failover_due limit 1');
  await until(database, 'alerts that are due have moved', 'select 1 from alert where due_at <= $1 limit 1', [instant]);
  for (const orgId of orgIds) await publisher.publish('drain-outbox', { orgId }, { jobId: `drive-drain-${at}-${orgId}` });
  await until(database, 'alert changes are taken over', 'select 1 from outbox where taken_at is null limit 1');
  await publisher.publish('send-due', {}, { jobId: `drive-send-${at}` });
  await until(database, 'incidents that are due are told', 'select 1 from incident where due_at <= $1 limit 1', [instant]);
  await until(database, 'notices that are due are sent', `select 1 from delivery where status = 'due' and due_at <= $1 limit 1`, [
    instant,
  ]);
}

const OPEN_HOURS =
  'select 1 from circuit where is_live and not disabled and (facts_until is null or facts_until < $1) and first_observed_at < $1 limit 1';

/** Waits until every page of every poll that was read to its end is committed. */
export const committed = (database: Database): Promise<void> =>
  until(database, 'polls are committed', 'select 1 from poll_cycle where committed_at is null and pages is not null limit 1');

const POLL_MS = 10;
const PATIENCE_MS = 60_000;

/** Waits until a query finds nothing any more; says what it waited for when patience ends. */
async function until(database: Database, what: string, query: string, values: readonly unknown[] = []): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while ((await database.query(query, values)).length > 0) {
    if (Date.now() > deadline) throw new Error(`Waited ${PATIENCE_MS / 1000} s until ${what}: they are not. See the log.`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
