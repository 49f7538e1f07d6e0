import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { JobPublisher, JobSchedules, type Cadence } from '@app/shared';

const MINUTE_MS = 60_000;
/** Once a night by UTC, away from the full hour, when facts are closed. */
const NIGHTLY: Cadence = { everyMs: 24 * 60 * MINUTE_MS, offsetMs: 130 * MINUTE_MS };
const SCHEDULE_ID = 'retention.nightly';

/** Retention of the whole database: every night, and at each start for nights that nobody was there. */
@Injectable()
export class RetentionSchedule implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(RetentionSchedule.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly schedules: JobSchedules,
    private readonly publisher: JobPublisher,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.timer = setInterval(() => void this.tryEnsure(), MINUTE_MS);
    this.timer.unref();
    await this.tryEnsure(true);
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** A queue that is away keeps nobody from starting. */
  private async tryEnsure(isStart = false): Promise<void> {
    try {
      await this.schedules.upsert(SCHEDULE_ID, 'apply-retention', {}, NIGHTLY);
      if (isStart) await this.publisher.publish('apply-retention', {}, { jobId: 'retention-at-start' });
    } catch (error) {
      this.logger.warn({ message: 'The schedule of retention could not be checked; it is tried again in a minute', error });
    }
  }
}
