import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Database, findOrg, JobPublisher, type Clock } from '@app/shared';
import { FailoversService } from './failovers.service.js';

/** Failovers of whatever is new about an org, and their alerts. */
@Injectable()
export class FailoversUpkeep {
  constructor(
    private readonly database: Database,
    private readonly failovers: FailoversService,
    private readonly publisher: JobPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async drain(externalOrgId: string): Promise<void> {
    const org = await findOrg(this.database, externalOrgId);
    if (org === null) return;
    const { alertsChanged } = await this.failovers.drain(org.id, this.clock.now());
    if (alertsChanged > 0) await this.publisher.publish('drain-outbox', { orgId: externalOrgId });
  }
}
