import { Controller } from '@nestjs/common';
import { HandlesJob, type DrainOutboxJob, type HandlersFor, type TestChannelJob } from '@app/shared';
import { ChannelTests } from '../channels/channel-tests.js';
import { DispatchService } from './dispatch.service.js';

@Controller()
export class DispatchHandlers implements HandlersFor<'notify'> {
  constructor(
    private readonly dispatch: DispatchService,
    private readonly tests: ChannelTests,
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
}
