import { Module } from '@nestjs/common';
import { ChannelsModule } from './channels/channels.module.js';
import { DispatchHandlers } from './dispatch/dispatch.handlers.js';
import { DispatchSchedules } from './dispatch/dispatch.schedules.js';
import { DispatchService } from './dispatch/dispatch.service.js';

/** Changed alerts -> incidents -> notices. */
@Module({ imports: [ChannelsModule], controllers: [DispatchHandlers], providers: [DispatchService, DispatchSchedules] })
export class NotifierModule {}
