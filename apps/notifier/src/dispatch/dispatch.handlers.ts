import { Controller } from '@nestjs/common';
import { HandlesJob, type DrainOutboxJob, type HandlersFor } from '@app/shared';
import { DispatchService } from './dispatch.service.js';

@Controller()
export class DispatchHandlers implements HandlersFor<'notify'> {
  constructor(private readonly dispatch: DispatchService) {}

  @HandlesJob('drain-outbox')
  'drain-outbox'({ orgId }: DrainOutboxJob): Promise<void> {
    return this.dispatch.drain(orgId);
  }

  @HandlesJob('send-due')
  'send-due'(): Promise<void> {
    return this.dispatch.sendDue();
  }
}
