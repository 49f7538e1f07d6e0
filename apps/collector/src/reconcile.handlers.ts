import { Controller } from '@nestjs/common';
import { HandlesJob } from '@app/shared';
import { ReconcileService } from './scheduling/reconcile.service.js';

@Controller()
export class ReconcileHandlers {
  constructor(private readonly reconciler: ReconcileService) {}

  @HandlesJob('reconcile-schedules')
  async reconcileSchedules(): Promise<void> {
    await this.reconciler.reconcile();
  }
}
