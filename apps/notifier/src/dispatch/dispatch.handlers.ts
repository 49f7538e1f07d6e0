import { Controller } from '@nestjs/common';
import { HandlesJob, type DrainOutboxJob, type HandlersFor, type TestChannelJob } from '@app/shared';
import { ChannelTests } from '../channels/channel-tests.js';
import { TicketWatchService } from '../tickets/ticket-watch.service.js';
import { DispatchService } from './dispatch.service.js';

@Controller()
export class DispatchHandlers implements HandlersFor<'notify'> {
  constructor(
    private readonly dispatch: DispatchService,
    private readonly tests: ChannelTests,
    private readonly tickets: TicketWatchService,
  ) {}

  @HandlesJob('drain-outbox')
  'drain-outbox'({ orgId }: DrainOutboxJob): Promise<void> {
    return this.dispatch.drain(orgId);
  }

  @HandlesJob('send-due')
  'send-due'(): Promise<void> {
    return this.dispatch.sendDue();
  }

  @HandlesJob('test-channel')
  'test-channel'({ orgId, testId }: TestChannelJob): Promise<void> {
    return this.tests.run(orgId, testId);
  }

  @HandlesJob('watch-tickets')
  'watch-tickets'(): Promise<void> {
    return this.tickets.watch();
  }
}
