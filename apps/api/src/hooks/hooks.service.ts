import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  CLOCK,
  Database,
  deliveryJobId,
  findOrg,
  FOUND_OUT_ID,
  JobPublisher,
  storeDelivery,
  upsertOrg,
  type Clock,
  type OrgRow,
  type OrgSettings,
  type StoredDelivery,
} from '@app/shared';
import { HookSenders, type Delivery } from './hook-senders.js';

/** Keeps what Mist sends before Mist is told so; the rest of the way is the analyzer's. */
@Injectable()
export class HooksService {
  private readonly logger = new Logger(HooksService.name);

  constructor(
    @Inject(HookSenders) private readonly senders: HookSenders,
    @Inject(Database) private readonly database: Database,
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Stores a delivery and wakes the analyzer. Throws the same problem for an unknown org and for a wrong signature. */
  async take(delivery: Delivery): Promise<StoredDelivery> {
    const entry = this.senders.signerOf(delivery);
    const org = entry === null ? null : await this.orgOf(delivery.org, entry);
    if (org === null) throw this.senders.refusal(delivery);
    this.senders.admit(delivery);
    const stored = await storeDelivery(this.database, {
      orgId: org.id,
      body: delivery.body,
      receivedAt: this.clock.now(),
      correlationId: randomUUID(),
    });
    // Not waited for: it is stored, and Mist must not wait for a queue that is away.
    if (stored.isOpen) void this.wake(org, stored.id);
    return stored;
  }

  /** An org of the configuration may send before it was polled for the first time; one found out from its token may not. */
  private async orgOf(externalId: string, { id, name, reportingTimezone }: OrgSettings): Promise<OrgRow | null> {
    const stored = await findOrg(this.database, externalId);
    if (stored !== null || id !== externalId || id === FOUND_OUT_ID) return stored;
    return upsertOrg(this.database, { externalId, reportingTimezone, ...(name === undefined ? {} : { name }) });
  }

  private async wake(org: OrgRow, deliveryId: number): Promise<void> {
    try {
      const job = { orgId: org.externalId, deliveryId };
      await this.publisher.publish('take-delivery', job, { jobId: deliveryJobId(org.id, deliveryId) });
    } catch (error) {
      this.logger.warn({ message: 'A delivery waits in the inbox for the sweep: the queue did not take it', deliveryId, error });
    }
  }
}
