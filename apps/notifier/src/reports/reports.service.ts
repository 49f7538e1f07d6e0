import { Injectable, Logger } from '@nestjs/common';
import type { MadeRun } from './make-runs.js';
import type { ClaimedMail, MailRecord } from './mails.repository.js';
import { OneAtATime } from './one-at-a-time.js';
import { RunPlanner, type MissedTimes } from './plan-runs.js';
import { ReportMailing, ReportMaking } from './report-work.js';
import { ReportMetrics } from './reports.metrics.js';

/** Reports whose time has come are made, kept and mailed. Each stage commits on its own and may be repeated by anybody. */
@Injectable()
export class ScheduledReportsService {
  private readonly logger = new Logger('reports');
  private readonly makers = new OneAtATime();
  private readonly mailers = new OneAtATime();

  constructor(
    private readonly planner: RunPlanner,
    private readonly making: ReportMaking,
    private readonly mailing: ReportMailing,
    private readonly metrics: ReportMetrics,
  ) {}

  /** Makes everything whose time has come anywhere; makes lost wake-ups harmless. */
  make(signal: AbortSignal): Promise<void> {
    return this.makers.run(() => this.makeDue(signal));
  }

  /** Mails what is made; a mail server that hangs keeps no report waiting. */
  mail(signal: AbortSignal): Promise<void> {
    return this.mailers.run(async () => {
      const withdrawn = await this.mailing.send({
        readers: await this.making.readers(),
        onAttempt: (mail, record) => this.noteMail(mail, record),
        signal,
      });
      this.noteWithdrawn('mails', withdrawn);
    });
  }

  private async makeDue(signal: AbortSignal): Promise<void> {
    const { missed, withdrawn } = await this.planner.plan();
    for (const each of missed) this.noteMissed(each);
    this.noteWithdrawn('reports', withdrawn);
    while (!signal.aborted) {
      const made = await this.making.next();
      if (made === null) break;
      this.noteRun(made);
    }
  }

  private noteWithdrawn(what: string, count: number): void {
    if (count > 0)
      this.logger.warn({
        message: `Of ${what}, ${String(count)} are withdrawn: they are for what was taken out of the configuration`,
      });
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
