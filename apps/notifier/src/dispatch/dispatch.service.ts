import { Injectable } from '@nestjs/common';
import { Database, findOrg, JobPublisher } from '@app/shared';
import { DeliveriesService } from './deliveries.service.js';
import { IncidentsService } from './incidents.service.js';
import { orgsWaiting } from './outbox.repository.js';
import { wakeUpAt } from './wake-up.js';

/** From a changed alert to an accepted mail: drain, decide, deliver. Each stage commits on its own and may be repeated by anybody. */
@Injectable()
export class DispatchService {
  constructor(
    private readonly database: Database,
    private readonly incidents: IncidentsService,
    private readonly deliveries: DeliveriesService,
    private readonly publisher: JobPublisher,
  ) {}

  /** Rows wait in the outbox of one org. */
  async drain(externalOrgId: string): Promise<void> {
    const org = await findOrg(this.database, externalOrgId);
    if (org === null || (await this.drainOrg(org.id)) === 0) return;
    await this.incidents.decideDue();
    await this.deliveries.deliverDue();
  }

  /** Everything that is due anywhere; makes lost wake-ups harmless. */
  async sendDue(): Promise<void> {
    for (const orgId of await orgsWaiting(this.database)) await this.drainOrg(orgId);
    await this.incidents.decideDue();
    await this.deliveries.deliverDue();
  }

  private async drainOrg(orgId: number): Promise<number> {
    const { taken, at, dueAt } = await this.incidents.drain(orgId);
    // The sweep would find it too, only some seconds later.
    if (taken > 0) await this.publisher.publish('send-due', {}, wakeUpAt(orgId, dueAt, at));
    return taken;
  }
}
