import { Controller } from '@nestjs/common';
import { HandlesJob, type HandlersFor } from '@app/shared';
import { FactExportService } from './fact-export.service.js';
import { ScheduledReportsService } from './reports.service.js';

@Controller()
export class ReportsHandlers implements HandlersFor<'report'> {
  constructor(
    private readonly reports: ScheduledReportsService,
    private readonly facts: FactExportService,
  ) {}

  @HandlesJob('send-reports')
  'send-reports'(): Promise<void> {
    return this.reports.sweep();
  }

  @HandlesJob('export-facts')
  'export-facts'(): Promise<void> {
    return this.facts.sweep();
  }
}
