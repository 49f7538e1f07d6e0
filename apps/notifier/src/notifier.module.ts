import { Module } from '@nestjs/common';
import { ENV, SETTINGS, type Environment, type Settings } from '@app/shared';
import { ChannelsModule } from './channels/channels.module.js';
import { DeliveriesService } from './dispatch/deliveries.service.js';
import { DispatchHandlers } from './dispatch/dispatch.handlers.js';
import { DispatchSchedules } from './dispatch/dispatch.schedules.js';
import { DispatchService } from './dispatch/dispatch.service.js';
import { DispatchSettings } from './dispatch/dispatch.settings.js';
import { IncidentsService } from './dispatch/incidents.service.js';
import { HeartbeatService } from './heartbeat/heartbeat.service.js';
import { FactExportService } from './reports/fact-export.service.js';
import { RunPlanner } from './reports/plan-runs.js';
import { ReportMailing, ReportMaking } from './reports/report-work.js';
import { ReportsHandlers } from './reports/reports.handlers.js';
import { ReportMetrics } from './reports/reports.metrics.js';
import { ScheduledReportsService } from './reports/reports.service.js';
import { TicketWatchService } from './tickets/ticket-watch.service.js';

/** Changed alerts -> incidents -> notices; and reports by mail. */
@Module({
  imports: [ChannelsModule],
  controllers: [DispatchHandlers, ReportsHandlers],
  providers: [
    {
      provide: DispatchSettings,
      inject: [SETTINGS, ENV],
      useFactory: (settings: Settings, env: Environment) => new DispatchSettings(settings, env),
    },
    DeliveriesService,
    DispatchSchedules,
    DispatchService,
    FactExportService,
    HeartbeatService,
    IncidentsService,
    ReportMailing,
    ReportMaking,
    ReportMetrics,
    RunPlanner,
    ScheduledReportsService,
    TicketWatchService,
  ],
})
export class NotifierModule {}
