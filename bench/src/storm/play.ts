import { ANALYZER, IngestService } from '@app/analyzer';
import { DispatchService, NOTIFIER } from '@app/notifier';
import {
  createService,
  Database,
  JobPublisher,
  JsonLogger,
  RAW_BATCH_VERSION,
  upsertOrg,
  type Runtime,
  type RunningService,
  type ServiceDefinition,
} from '@app/shared';
import { waitFor, type ManualClock } from '@app/testing';
import { stormPages } from './pages.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const ORG = 'org-storm';
const REGIONS = 12;
const CARRIERS = 5;
const START = Date.UTC(2026, 2, 2, 12);
const TIMES = { before: START, down: START + 5 * MINUTE, after: START + 35 * MINUTE };
/** How long the polls of all sites take: within this time everything falls. */
const FALL_MS = 56 * SECOND;
const STEP_MS = 2 * SECOND;

/** Where a storm takes place; the runtime's clock is the one given. */
export interface StormPlace {
  readonly runtime: Runtime;
  readonly clock: ManualClock;
  readonly sites: number;
}

/** What people heard. */
export interface StormCounts {
  readonly alerts: number;
  /** Notices before anything recovered; of one destination. */
  readonly notices: number;
  readonly noticesInFirstMinute: number;
  readonly mostInAMinute: number;
  readonly recoveries: number;
  readonly incidentsTold: number;
  readonly incidentsOpen: number;
  readonly largestNotificationBytes: number;
  readonly titles: readonly string[];
  /** Real time of the notifier alone: drain, decide and deliver. */
  readonly notifierMs: number;
  readonly totalMs: number;
}

/** Both circuits of every site fall within a minute and come back half an hour later; analyzer and notifier as production runs them. */
export async function playStorm(place: StormPlace): Promise<StormCounts> {
  const { runtime, clock, sites } = place;
  const pages = await stormPages(sites, TIMES);
  clock.set(TIMES.before);
  const database = new Database({ url: runtime.databaseUrl, poolSize: 2, applicationName: 'mistwatch-storm' });
  const publisher = new JobPublisher(runtime.queue);
  const org = await upsertOrg(database, { externalId: ORG, name: 'Example Retail' });
  const services = [await start(ANALYZER, runtime), await start(NOTIFIER, runtime)] as const;
  const storm = new Storm(place, { database, publisher, orgId: org.id, analyzer: services[0], notifier: services[1] });
  try {
    return await storm.play(pages);
  } finally {
    for (const service of services) await service.close();
    await publisher.close();
    await database.close();
  }
}

const start = (definition: ServiceDefinition, runtime: Runtime): Promise<RunningService> =>
  createService({
    ...definition,
    healthPort: 0,
    runtime,
    logger: new JsonLogger({ service: definition.name, ...runtime.env.log, level: 'error' }),
  });

interface StormParts {
  readonly database: Database;
  readonly publisher: JobPublisher;
  readonly orgId: number;
  readonly analyzer: RunningService;
  readonly notifier: RunningService;
}

class Storm {
  private notifierMs = 0;

  constructor(
    private readonly place: StormPlace,
    private readonly parts: StormParts,
  ) {}

  async play(pages: Awaited<ReturnType<typeof stormPages>>): Promise<StormCounts> {
    const begin = performance.now();
    const { clock } = this.place;
    for (const [i, page] of pages.before.entries()) await this.ingest(page, TIMES.before, i);
    await this.furnish();
    await this.fall(pages.down, TIMES.down);
    await this.pass(TIMES.after - clock.now());
    const told = await this.deliveries();
    await this.fall(pages.after, TIMES.after);
    await this.pass(12 * MINUTE);
    return this.counts(told, await this.deliveries(), performance.now() - begin);
  }

  /** Carriers and regions, as operators give them. */
  private async furnish(): Promise<void> {
    const { database, orgId } = this.parts;
    await database.query(
      `insert into circuit_attribute (org_id, circuit_id, source, since, provider)
       select $1, id, 'configured', '-infinity', 'Carrier ' || (id * 7 % $2::int) from circuit where org_id = $1`,
      [orgId, CARRIERS],
    );
    await database.query(
      `insert into site_attribute (org_id, site_id, source, since, region)
       select $1, id, 'configured', '-infinity', 'Region ' || (id % $2::int) from site where org_id = $1`,
      [orgId, REGIONS],
    );
    await database.query('analyze site, circuit, circuit_attribute, site_attribute');
  }

  /** The pages of one poll come in over most of a minute, and the notifier works all the time. */
  private async fall(pages: readonly (readonly unknown[])[], at: number): Promise<void> {
    const everyMs = FALL_MS / pages.length;
    for (const [i, page] of pages.entries()) {
      await this.ingest(page, at, i);
      await this.pass(everyMs);
    }
  }

  private async ingest(records: readonly unknown[], observedAt: number, page: number): Promise<void> {
    const cycleId = `${ORG}-${observedAt}`;
    await this.parts.analyzer.app.get(IngestService).commit({
      batchId: `${cycleId}-${page}`,
      orgId: ORG,
      kind: 'wan-ports',
      cycleId,
      page,
      observedAt,
      schemaVersion: RAW_BATCH_VERSION,
      correlationId: cycleId,
      records,
    });
  }

  /** Time goes by in small steps at first and in larger ones later; the sweeps of both services come with it. */
  private async pass(ms: number): Promise<void> {
    const { clock } = this.place;
    const end = clock.now() + ms;
    while (clock.now() < end) {
      clock.set(Math.min(end, clock.now() + (ms > MINUTE ? 15 * SECOND : STEP_MS)));
      await this.sweepAlerts();
      const begin = performance.now();
      await this.parts.notifier.app.get(DispatchService).sendDue();
      await this.settled();
      this.notifierMs += performance.now() - begin;
    }
  }

  /** Alerts whose time has come, by the job that production runs every 15 seconds. */
  private async sweepAlerts(): Promise<void> {
    const { database, publisher, orgId } = this.parts;
    const now = new Date(this.place.clock.now());
    const isDone = async (): Promise<boolean> => {
      const [row] = await database.query<{ due: number }>(
        'select count(*) as due from alert where org_id = $1 and due_at <= $2',
        [orgId, now],
      );
      return row?.due === 0;
    };
    if (await isDone()) return;
    await publisher.publish('evaluate-alerts', { orgId: ORG });
    await waitFor(isDone, { timeoutMs: 60_000, describe: 'alerts whose time has come' });
  }

  /** What the jobs of the queue do beside us is done too. */
  private async settled(): Promise<void> {
    const { database } = this.parts;
    const now = new Date(this.place.clock.now());
    await waitFor(
      async () => {
        const [row] = await database.query<{ waiting: number }>(
          `select (select count(*) from outbox where taken_at is null) + (select count(*) from incident where due_at <= $1 and resolved_at is null)
             + (select count(*) from delivery where status = 'due' and due_at <= $1) as waiting`,
          [now],
        );
        if (row?.waiting === 0) return true;
        await this.parts.notifier.app.get(DispatchService).sendDue();
        return false;
      },
      { timeoutMs: 60_000, describe: 'notices that are due' },
    );
  }

  private deliveries(): Promise<Told[]> {
    return this.parts.database.query<Told>(
      `select id, incident_id as "incidentId", reason, extract(epoch from created_at)::float8 * 1000 as at, notification->>'title' as title,
         octet_length(notification::text) as bytes from delivery where org_id = $1 order by id`,
      [this.parts.orgId],
    );
  }

  private async counts(told: readonly Told[], all: readonly Told[], totalMs: number): Promise<StormCounts> {
    const [row] = await this.parts.database.query<{ alerts: number; open: number }>(
      `select (select count(*) from alert where org_id = $1 and fired_at is not null) as alerts,
         (select count(*) from incident where org_id = $1 and resolved_at is null) as open`,
      [this.parts.orgId],
    );
    const within = (from: number): number => told.filter(({ at }) => at >= from && at < from + MINUTE).length;
    return {
      alerts: row?.alerts ?? 0,
      notices: told.length,
      noticesInFirstMinute: within(TIMES.down),
      mostInAMinute: Math.max(0, ...told.map(({ at }) => within(at))),
      recoveries: all.filter(({ reason }) => reason === 'recovered').length,
      incidentsTold: new Set(all.map(({ incidentId }) => incidentId)).size,
      incidentsOpen: row?.open ?? -1,
      largestNotificationBytes: Math.max(0, ...all.map(({ bytes }) => bytes)),
      titles: all.map(({ reason, title }) => `${reason}: ${title}`),
      notifierMs: Math.round(this.notifierMs),
      totalMs: Math.round(totalMs),
    };
  }
}

interface Told {
  readonly id: number;
  readonly incidentId: number;
  readonly reason: string;
  readonly at: number;
  readonly title: string;
  readonly bytes: number;
}
