import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { JobPublisher } from '@app/shared';
import { OrgDirectory } from '../orgs/org-directory.js';
import { OverduePolls } from './overdue-polls.js';
import { PollSchedules, RECONCILE_MS } from './poll-schedules.js';

/** Keeps the schedules right and polls again what was lost: at the start, and every minute. */
@Injectable()
export class ReconcileService implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    private readonly orgs: OrgDirectory,
    private readonly schedules: PollSchedules,
    private readonly overdue: OverduePolls,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.timer = setInterval(() => void this.schedules.ensureReconciling(), RECONCILE_MS);
    this.timer.unref();
    await this.schedules.ensureReconciling();
    await this.publisher.publish('reconcile-schedules', {}, { jobId: 'reconcile-at-start' });
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  async reconcile(): Promise<void> {
    const orgs = await this.orgs.list();
    await this.schedules.reconcile(orgs);
    for (const org of orgs) await this.overdue.publish(org);
  }
}
