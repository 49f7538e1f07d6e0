import { Controller } from '@nestjs/common';
import { HandlesJob, type HandlersFor, type TakeDeliveryJob } from '@app/shared';
import { InboxService } from './inbox.service.js';

@Controller()
export class InboxHandlers implements HandlersFor<'inbox'> {
  constructor(private readonly inbox: InboxService) {}

  @HandlesJob('take-delivery')
  'take-delivery'({ orgId, deliveryId }: TakeDeliveryJob): Promise<void> {
    return this.inbox.take(orgId, deliveryId);
  }

  @HandlesJob('sweep-inbox')
  async 'sweep-inbox'(): Promise<void> {
    await this.inbox.sweep();
  }
}
