import { Inject, Injectable, Logger } from '@nestjs/common';
import { CLOCK, Database, deliveryJobId, JobPublisher, openDeliveries, type Clock } from '@app/shared';

/** A delivery that nobody took for this long has lost its job. */
const LOST_AFTER_MS = 30_000;
const SWEPT_AT_ONCE = 1_000;

/** Finds deliveries that were stored and whose job the queue has forgotten, or never got. */
@Injectable()
export class InboxSweep {
  private readonly logger = new Logger(InboxSweep.name);

  constructor(
    private readonly database: Database,
    private readonly publisher: JobPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Puts them on the queue again, the oldest first; one whose job still waits keeps that one. Returns how many there were. */
  async run(): Promise<number> {
    const lost = await openDeliveries(this.database, this.clock.now() - LOST_AFTER_MS, SWEPT_AT_ONCE);
    const rowIds = new Map(lost.map(({ org, orgId }) => [org, orgId]));
    await this.publisher.publishMany(
      'take-delivery',
      lost.map(({ org, id }) => ({ orgId: org, deliveryId: id })),
      ({ orgId, deliveryId }) => deliveryJobId(rowIds.get(orgId) ?? 0, deliveryId),
    );
    if (lost.length > 0) this.logger.log({ message: 'Deliveries of webhooks were taken up again', count: lost.length });
    return lost.length;
  }
}
