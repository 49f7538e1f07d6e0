import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { JobSchedules } from '@app/shared';
import { HeartbeatService } from '../heartbeat/heartbeat.service.js';
import { FactExportService } from '../reports/fact-export.service.js';
import { TicketWatchService } from '../tickets/ticket-watch.service.js';

const SWEEP_MS = 5_000;
/** A ticket is looked at soon after it was opened, to know whom it belonged to then, and once a minute from there on. */
const TICKETS_MS = 5_000;
/** Reports are due to the minute. */
const REPORTS_MS = 15_000;
/** Most reports are made by then. */
const MAILS_AFTER_MS = 5_000;
const FACTS_MS = 60_000;
const RECONCILE_MS = 60_000;

/** The sweep that finds what is due; its scheduler lives in the queue, which may forget, so it is made again at start and every minute. */
@Injectable()
export class DispatchSchedules implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('dispatch');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly schedules: JobSchedules,
    private readonly tickets: TicketWatchService,
    private readonly heartbeat: HeartbeatService,
    private readonly facts: FactExportService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.reconcile();
    this.timer = setInterval(() => {
      this.reconcile().catch((error: unknown) => this.logger.error(error));
    }, RECONCILE_MS);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async reconcile(): Promise<void> {
    await this.schedules.upsert('send-due', 'send-due', {}, { everyMs: SWEEP_MS, offsetMs: 0 });
    await this.schedules.upsert('send-reports', 'send-reports', {}, { everyMs: REPORTS_MS, offsetMs: 0 });
    await this.schedules.upsert('mail-reports', 'mail-reports', {}, { everyMs: REPORTS_MS, offsetMs: MAILS_AFTER_MS });
    if (this.facts.isOn()) await this.schedules.upsert('export-facts', 'export-facts', {}, { everyMs: FACTS_MS, offsetMs: 0 });
    if (this.tickets.hasTickets())
      await this.schedules.upsert('watch-tickets', 'watch-tickets', {}, { everyMs: TICKETS_MS, offsetMs: 0 });
    const everyMs = this.heartbeat.everyMs();
    if (everyMs !== null) await this.schedules.upsert('send-heartbeat', 'send-heartbeat', {}, { everyMs, offsetMs: 0 });
  }
}
