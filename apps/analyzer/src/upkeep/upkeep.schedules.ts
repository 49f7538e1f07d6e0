import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { JobSchedules, SETTINGS, type Settings } from '@app/shared';

const MINUTE_MS = 60_000;
const ALERT_SWEEP_MS = 15_000;
/** After the full hour: the last poll of the hour is usually in by then. */
const CLOSE_AFTER_MS = 30_000;

/** Job schedulers live in the queue, which may forget; they are made equal to the configuration at start and every minute. */
@Injectable()
export class UpkeepSchedules implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(UpkeepSchedules.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly schedules: JobSchedules,
    @Inject(SETTINGS) private readonly settings: Settings,
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
    for (const { id: orgId } of this.settings.orgs) {
      if (orgId === undefined) continue;
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
