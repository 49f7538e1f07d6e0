import { Controller } from '@nestjs/common';
import {
  HandlesJob,
  type CloseHoursJob,
  type DrainFailoversJob,
  type EvaluateAlertsJob,
  type HandlersFor,
  type RederiveCircuitsJob,
} from '@app/shared';
import { FailoversUpkeep } from '../failovers/failovers.upkeep.js';
import { RetentionRuns } from '../retention/retention.runs.js';
import { AlertUpkeep } from './alert-upkeep.js';
import { UpkeepService } from './upkeep.service.js';

@Controller()
export class UpkeepHandlers implements Omit<HandlersFor<'analyze'>, 'note-changes'> {
  constructor(
    private readonly upkeep: UpkeepService,
    private readonly alerts: AlertUpkeep,
    private readonly failovers: FailoversUpkeep,
    private readonly retention: RetentionRuns,
  ) {}

  @HandlesJob('close-hours')
  'close-hours'({ orgId }: CloseHoursJob): Promise<void> {
    return this.upkeep.closeHours(orgId);
  }

  @HandlesJob('rederive-circuits')
  'rederive-circuits'({ orgId }: RederiveCircuitsJob): Promise<void> {
    return this.upkeep.rederive(orgId);
  }

  @HandlesJob('evaluate-alerts')
  'evaluate-alerts'({ orgId }: EvaluateAlertsJob): Promise<void> {
    return this.alerts.evaluateAlerts(orgId);
  }

  @HandlesJob('drain-failovers')
  'drain-failovers'({ orgId }: DrainFailoversJob): Promise<void> {
    return this.failovers.drain(orgId);
  }

  @HandlesJob('apply-retention')
  'apply-retention'(): Promise<void> {
    return this.retention.run();
  }
}
