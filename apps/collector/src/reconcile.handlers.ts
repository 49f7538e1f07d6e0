import { Controller } from '@nestjs/common';
import { HandlesJob } from '@app/shared';
import { ReconcileService } from './scheduling/reconcile.service.js';
import { WebhookKeeper } from './webhooks/webhook-keeper.js';

@Controller()
export class ReconcileHandlers {
  constructor(
    private readonly reconciler: ReconcileService,
    private readonly webhooks: WebhookKeeper,
  ) {}

  @HandlesJob('reconcile-schedules')
  async reconcileSchedules(): Promise<void> {
    await this.reconciler.reconcile();
    await this.webhooks.keep();
  }
}
