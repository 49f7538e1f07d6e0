import { Controller } from '@nestjs/common';
import { HandlesJob, type HandlersFor, type RollUpJob } from '@app/shared';
import { RollupsService } from './rollups.service.js';

@Controller()
export class RollupsHandlers implements HandlersFor<'rollup'> {
  constructor(private readonly rollups: RollupsService) {}

  @HandlesJob('roll-up')
  'roll-up'({ orgId }: RollUpJob): Promise<void> {
    return this.rollups.drain(orgId);
  }
}
