import { Controller } from '@nestjs/common';
import { HandlesJob, type DrainOutboxJob, type HandlersFor, type TestChannelJob } from '@app/shared';
import { ChannelTests } from '../channels/channel-tests.js';
import { TicketWatchService } from '../tickets/ticket-watch.service.js';
import { HeartbeatService } from '../heartbeat/heartbeat.service.js';
import { DispatchService } from './dispatch.service.js';

@Controller()
export class DispatchHandlers implements HandlersFor<'notify'> {
  constructor(
    private readonly dispatch: DispatchService,
    private readonly tests: ChannelTests,
    private readonly tickets: TicketWatchService,
    private readonly heartbeat: HeartbeatService,
  ) {}

  @HandlesJob('drain-outbox')
  'drain-outbox'({ orgId }: DrainOutboxJob): Promise<void> {
    return this.dispatch.drain(orgId);
  }

  @HandlesJob('send-due')
  async 'send-due'(): Promise<void> {
    await this.dispatch.sendDue();
    await this.heartbeat.noteSweep();
  }

  @HandlesJob('test-channel')
  'test-channel'({ orgId, testId }: TestChannelJob): Promise<void> {
    return this.tests.run(orgId, testId);
  }

  @HandlesJob('watch-tickets')
  'watch-tickets'(): Promise<void> {
    return this.tickets.watch();
  }

  @HandlesJob('send-heartbeat')
  'send-heartbeat'(): Promise<void> {
    return this.heartbeat.beat();
  }
}
