import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Database, JobSchedules } from '@app/shared';

const MINUTE_MS = 60_000;
const ALERT_SWEEP_MS = 15_000;
/** After the full hour: the last poll of the hour is usually in by then. */
const CLOSE_AFTER_MS = 30_000;

/**
 * Job schedulers live in the queue, which may forget; they are made anew at start and every minute. Every stored org has its own: also
 * one whose id the collector found out, and one that was only imported.
 */
@Injectable()
export class UpkeepSchedules implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(UpkeepSchedules.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly schedules: JobSchedules,
    private readonly database: Database,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.reconcile();
    this.timer = setInterval(() => {
      this.reconcile().catch((error: unknown) => this.logger.error(error));
    }, MINUTE_MS);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  async reconcile(): Promise<void> {
    for (const { orgId } of await this.database.query<{ orgId: string }>('select external_id as "orgId" from org order by id')) {
      await this.schedules.upsert(
        `close-hours-${orgId}`,
        'close-hours',
        { orgId },
        { everyMs: 10 * MINUTE_MS, offsetMs: CLOSE_AFTER_MS },
      );
      await this.schedules.upsert(
        `evaluate-alerts-${orgId}`,
        'evaluate-alerts',
        { orgId },
        { everyMs: ALERT_SWEEP_MS, offsetMs: 0 },
      );
    }
  }
}
