import { Controller } from '@nestjs/common';
import { HandlesJob, type HandlersFor } from '@app/shared';
import { ScheduledReportsService } from './reports.service.js';

@Controller()
export class ReportsHandlers implements HandlersFor<'report'> {
  constructor(private readonly reports: ScheduledReportsService) {}

  @HandlesJob('send-reports')
  'send-reports'(): Promise<void> {
    return this.reports.sweep();
  }
}
