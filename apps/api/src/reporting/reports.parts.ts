import { ReportArchiveController } from './archive.controller.js';
import { DashboardController } from './dashboard.controller.js';
import { ReportsController } from './reports.controller.js';
import { ReportsService } from './reports.service.js';
import { RunningReports } from './running-reports.js';
import { ReportSchedulesController } from './schedules.controller.js';

/** The dashboard before the reports, whose `:kind` would take it for one. */
export const REPORT_CONTROLLERS = [DashboardController, ReportsController, ReportSchedulesController, ReportArchiveController];
export const REPORT_PROVIDERS = [ReportsService, RunningReports];
