import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ExportFactsJob, HandlesJob, Job, JobContext, MailReportsJob, SendReportsJob } from '@app/shared';
import { FactExportService } from './fact-export.service.js';
import { ScheduledReportsService } from './reports.service.js';

@Controller()
export class ReportsHandlers {
  constructor(
    private readonly reports: ScheduledReportsService,
    private readonly facts: FactExportService,
  ) {}

  @HandlesJob('send-reports')
  sendReports(@Payload() _: SendReportsJob, @Job() job: JobContext): Promise<void> {
    return this.reports.make(job.signal);
  }

  @HandlesJob('mail-reports')
  mailReports(@Payload() _: MailReportsJob, @Job() job: JobContext): Promise<void> {
    return this.reports.mail(job.signal);
  }

  @HandlesJob('export-facts')
  exportFacts(@Payload() _: ExportFactsJob, @Job() job: JobContext): Promise<void> {
    return this.facts.sweep(job.signal);
  }
}
