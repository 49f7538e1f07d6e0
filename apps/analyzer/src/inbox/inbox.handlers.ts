import { Controller } from '@nestjs/common';
import { HandlesJob, type HandlersFor, type TakeDeliveryJob } from '@app/shared';
import { InboxSweep } from './inbox-sweep.js';
import { InboxService } from './inbox.service.js';

@Controller()
export class InboxHandlers implements HandlersFor<'inbox'> {
  constructor(
    private readonly inbox: InboxService,
    private readonly inboxSweep: InboxSweep,
  ) {}

  @HandlesJob('take-delivery')
  'take-delivery'({ orgId, deliveryId }: TakeDeliveryJob): Promise<void> {
    return this.inbox.take(orgId, deliveryId);
  }

  @HandlesJob('sweep-inbox')
  async 'sweep-inbox'(): Promise<void> {
    await this.inboxSweep.run();
  }
}
