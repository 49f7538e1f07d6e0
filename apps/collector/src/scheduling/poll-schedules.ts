import { Inject, Injectable, Logger } from '@nestjs/common';
import { COLLECT_KINDS, JobSchedules } from '@app/shared';
import { COLLECTOR_SETTINGS, type CollectorSettings } from '../collector.settings.js';
import type { CollectedOrg } from '../orgs/org-directory.js';
import { cadenceOf, isPollSchedule, RECONCILE_ID, scheduleId } from './slots.js';

export const RECONCILE_MS = 60_000;

/** The collector's schedules on the queue, made equal to the configuration. Redis may forget them; this brings them back. */
@Injectable()
export class PollSchedules {
  private readonly logger = new Logger(PollSchedules.name);

  constructor(
    @Inject(COLLECTOR_SETTINGS) private readonly settings: CollectorSettings,
    @Inject(JobSchedules) private readonly schedules: JobSchedules,
  ) {}

  /** The job that reconciles is itself a schedule that may be lost. */
  async ensureReconciling(): Promise<void> {
    try {
      await this.schedules.upsert(RECONCILE_ID, 'reconcile-schedules', {}, { everyMs: RECONCILE_MS, offsetMs: 0 });
    } catch (error) {
      this.logger.warn({
        message: 'The schedule of reconcile-schedules could not be checked; it is tried again in a minute',
        error,
      });
    }
  }

  async reconcile(orgs: readonly CollectedOrg[]): Promise<void> {
    const wanted = new Set<string>();
    for (const { id: orgId } of orgs) {
      for (const kind of COLLECT_KINDS) {
        const id = scheduleId(orgId, kind);
        wanted.add(id);
        await this.schedules.upsert(
          id,
          'collect-kind',
          { orgId, kind, reason: 'schedule' },
          cadenceOf(orgId, kind, this.settings.intervalsMs[kind]),
        );
      }
    }
    // An org that could not be found out yet keeps its schedules.
    if (orgs.length === this.settings.orgs.length) await this.removeAllBut(wanted);
  }

  private async removeAllBut(wanted: ReadonlySet<string>): Promise<void> {
    const stale = (await this.schedules.list()).filter(({ id }) => isPollSchedule(id) && !wanted.has(id));
    for (const { id } of stale) await this.schedules.remove(id);
    if (stale.length > 0)
      this.logger.log({ message: 'Schedules of orgs that are no longer configured were removed', count: stale.length });
  }
}
