import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { JobSchedules, type Cadence } from '@app/shared';

const MINUTE_MS = 60_000;
const CADENCE: Cadence = { everyMs: 15_000, offsetMs: 7_000 };
const SCHEDULE_ID = 'inbox.sweep';

/** Comes back for deliveries whose job the queue has forgotten. */
@Injectable()
export class InboxSchedule implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(InboxSchedule.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly schedules: JobSchedules) {}

  async onApplicationBootstrap(): Promise<void> {
    this.timer = setInterval(() => void this.tryEnsure(), MINUTE_MS);
    this.timer.unref();
    await this.tryEnsure();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** A queue that is away keeps nobody from starting. */
  private async tryEnsure(): Promise<void> {
    try {
      await this.schedules.upsert(SCHEDULE_ID, 'sweep-inbox', {}, CADENCE);
    } catch (error) {
      this.logger.warn({
        message: "The schedule of the inbox's sweep could not be checked; it is tried again in a minute",
        error,
      });
    }
  }
}
