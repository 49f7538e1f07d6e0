import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CLOCK, COLLECT_KINDS, JobPublisher, JobSchedules, type Clock } from '@app/shared';
import { COLLECTOR_SETTINGS, type CollectorSettings } from '../collector.settings.js';
import { OrgDirectory, type CollectedOrg } from '../orgs/org-directory.js';
import { COMMIT_TIMEOUT_MS } from '../polling/cycle.service.js';
import { OverduePolls } from '../polling/overdue.repository.js';
import { cadenceOf, isPollSchedule, RECONCILE_ID, scheduleId } from './slots.js';

const RECONCILE_MS = 60_000;

/** Keeps the queue's schedules equal to the configuration, and polls again what was lost. Redis may forget everything; this brings it back. */
@Injectable()
export class ReconcileService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(ReconcileService.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(COLLECTOR_SETTINGS) private readonly settings: CollectorSettings,
    @Inject(JobSchedules) private readonly schedules: JobSchedules,
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly orgs: OrgDirectory,
    private readonly overdue: OverduePolls,
  ) {}

  /** The job that reconciles is itself a schedule that may be lost, so each process makes sure of it. */
  async onApplicationBootstrap(): Promise<void> {
    this.timer = setInterval(() => void this.ensureReconciling(), RECONCILE_MS);
    this.timer.unref();
    await this.ensureReconciling();
    await this.publisher.publish('reconcile-schedules', {}, { jobId: 'reconcile-at-start' });
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  async reconcile(): Promise<void> {
    const orgs = await this.orgs.list();
    await this.schedule(orgs);
    for (const org of orgs) await this.pollAgain(org);
  }

  private async ensureReconciling(): Promise<void> {
    try {
      await this.schedules.upsert(RECONCILE_ID, 'reconcile-schedules', {}, { everyMs: RECONCILE_MS, offsetMs: 0 });
    } catch (error) {
      this.logger.warn({ message: 'The schedule of reconcile-schedules could not be checked; it is tried again in a minute', error });
    }
  }

  private async schedule(orgs: readonly CollectedOrg[]): Promise<void> {
    const wanted = new Set<string>();
    for (const { id: orgId } of orgs) {
      for (const kind of COLLECT_KINDS) {
        const id = scheduleId(orgId, kind);
        wanted.add(id);
        await this.schedules.upsert(id, 'collect-kind', { orgId, kind, reason: 'schedule' }, cadenceOf(orgId, kind, this.settings.intervalsMs[kind]));
      }
    }
    // An org that could not be found out yet keeps its schedules.
    if (orgs.length < this.settings.orgs.length) return;
    const stale = (await this.schedules.list()).filter(({ id }) => isPollSchedule(id) && !wanted.has(id));
    for (const { id } of stale) await this.schedules.remove(id);
    if (stale.length > 0) this.logger.log({ message: 'Schedules of orgs that are no longer configured were removed', count: stale.length });
  }

  private async pollAgain({ id: orgId, rowId }: CollectedOrg): Promise<void> {
    const now = this.clock.now();
    for (const kind of await this.overdue.list(rowId, now, now - COMMIT_TIMEOUT_MS)) {
      await this.publisher.publish('collect-kind', { orgId, kind, reason: 'again' }, { jobId: `again.${scheduleId(orgId, kind)}` });
    }
  }
}
