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
import { TicketWatchService } from './tickets/ticket-watch.service.js';

/** Changed alerts -> incidents -> notices. */
@Module({
  imports: [ChannelsModule],
  controllers: [DispatchHandlers],
  providers: [
    {
      provide: DispatchSettings,
      inject: [SETTINGS, ENV],
      useFactory: (settings: Settings, env: Environment) => new DispatchSettings(settings, env),
    },
    DeliveriesService,
    DispatchSchedules,
    DispatchService,
    HeartbeatService,
    IncidentsService,
    TicketWatchService,
  ],
})
export class NotifierModule {}
