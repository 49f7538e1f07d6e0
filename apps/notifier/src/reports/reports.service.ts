import { Injectable, Logger } from '@nestjs/common';
import type { MadeRun } from './make-runs.js';
import type { ClaimedMail, MailRecord } from './mails.repository.js';
import { RunPlanner, type MissedTimes } from './plan-runs.js';
import { ReportMailing, ReportMaking } from './report-work.js';
import { ReportMetrics } from './reports.metrics.js';

/** Reports whose time has come are made, kept and mailed. Each stage commits on its own and may be repeated by anybody. */
@Injectable()
export class ScheduledReportsService {
  private readonly logger = new Logger('reports');

  constructor(
    private readonly planner: RunPlanner,
    private readonly making: ReportMaking,
    private readonly mailing: ReportMailing,
    private readonly metrics: ReportMetrics,
  ) {}

  /** Everything that is due anywhere; makes lost wake-ups harmless. */
  async sweep(): Promise<void> {
    for (const missed of await this.planner.plan()) this.noteMissed(missed);
    for (let made = await this.making.next(); made !== null; made = await this.making.next()) {
      this.noteRun(made);
      await this.send();
    }
    await this.send();
  }

  private send(): Promise<void> {
    return this.mailing.send((mail, record) => this.noteMail(mail, record));
  }

  private noteMissed({ first, last, ...missed }: MissedTimes): void {
    this.metrics.noteMissed(missed.count);
    const times = { first: new Date(first).toISOString(), last: new Date(last).toISOString() };
    this.logger.warn({ message: 'Reports were not made: no notifier was there at their time', ...missed, ...times });
  }

  private noteRun({ run, outcome, failure, files, isUnread }: MadeRun): void {
    this.metrics.noteRun(outcome);
    const { orgId, id, schedule, attempts } = run;
    const facts = { orgId, runId: id, schedule, attempts };
    if (outcome === 'made') this.logger.log({ message: 'A scheduled report was made', ...facts, files });
    else if (outcome === 'retry')
      this.logger.warn({ message: 'A report could not be made; it is tried again', ...facts, failure });
    else this.logger.error({ message: 'A report could not be made and waits for a person', ...facts, failure });
    if (isUnread) this.logger.warn({ message: 'A report is kept but mailed to nobody: no reader has a mail address', ...facts });
  }

  private noteMail({ orgId, runId, schedule, destination }: ClaimedMail, { outcome, answer, retryAt }: MailRecord): void {
    this.metrics.noteMail(outcome);
    const facts = { orgId, runId, schedule, destination, answer, retryAt };
    if (outcome === 'dead') this.logger.error({ message: 'A report could not be mailed and is given up', ...facts });
    if (outcome === 'retry') this.logger.warn({ message: 'A report was not mailed; it is tried again', ...facts });
  }
}
