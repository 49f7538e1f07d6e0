import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { readWebhook, type WebhookReading } from '@app/mist';
import {
  CLOCK,
  closeDelivery,
  Database,
  findOpenDelivery,
  noteFailedAttempt,
  PermanentError,
  printable,
  RAW_BATCH_VERSION,
  requireOrg,
  TransientError,
  type Clock,
  type CollectKind,
  type InboxRow,
  type OrgRow,
  type RawBatch,
  type Taken,
} from '@app/shared';
import { IngestService } from '../ingest/ingest.service.js';
import type { Incoming } from '../ingest/observed.js';
import { PollHints } from './poll-hints.js';

/** A delivery that breaks us this often is parked, so that it does not come back for ever. */
const MAX_ATTEMPTS = 5;

type Records = Extract<WebhookReading, { is: 'records' }>;

/** Takes deliveries of Mist's webhook out of the inbox, on the way of polled batches. */
@Injectable()
export class InboxService {
  private readonly logger = new Logger(InboxService.name);

  constructor(
    private readonly database: Database,
    private readonly ingest: IngestService,
    private readonly hints: PollHints,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Takes one delivery; one that was taken before is left alone. */
  async take(externalOrgId: string, deliveryId: number): Promise<void> {
    const org = await requireOrg(this.database, externalOrgId);
    const delivery = await findOpenDelivery(this.database, org.id, deliveryId);
    if (delivery === null) return;
    try {
      await this.process(org, delivery);
    } catch (error) {
      await this.noteFailure(delivery, error);
    }
  }

  private async process(org: OrgRow, delivery: InboxRow): Promise<void> {
    const reading = readWebhook(delivery.body);
    if (reading.is === 'records') return this.commit(org, delivery, reading);
    if (reading.is === 'hint') await this.hints.ask(org, reading.kinds);
    const events = reading.is === 'unreadable' ? 0 : reading.events.length;
    const state = reading.is === 'unreadable' ? 'parked' : reading.is === 'hint' ? 'processed' : 'ignored';
    const reason = reading.is === 'unreadable' ? reading.reason : null;
    await this.close(delivery, { state, topic: reading.topic, events, setAside: 0, reason });
    if (reason !== null)
      this.logger.warn({ message: `A delivery of Mist's webhook was parked: ${reason}`, orgId: org.externalId, id: delivery.id });
  }

  private async commit(org: OrgRow, delivery: InboxRow, { topic, kind, events }: Records): Promise<void> {
    let wanted: readonly CollectKind[] = [];
    const closed = { state: 'processed', topic, events: events.length } as const;
    const batch = batchOf(org, delivery, { topic, kind, events });
    const { isRepeat } = await this.ingest.commit(batch, async (tx, mapped) => {
      wanted = pollsWanted(mapped);
      const setAside = mapped.setAside.length;
      const reason = setAside === 0 ? null : `${String(setAside)} of ${String(events.length)} events were set aside`;
      await closeDelivery(tx, delivery, { ...closed, setAside, reason, at: this.clock.now() });
    });
    // Its row was gone from the inbox, and the same bytes came again.
    if (isRepeat) await this.close(delivery, { ...closed, setAside: 0, reason: 'was stored before' });
    await this.hints.ask(org, wanted);
  }

  private close(delivery: InboxRow, taken: Omit<Taken, 'at'>): Promise<void> {
    return closeDelivery(this.database, delivery, { ...taken, at: this.clock.now() });
  }

  /** What another try may mend is left to the queue; the rest is parked, at once or after some tries. */
  private async noteFailure(delivery: InboxRow, error: unknown): Promise<void> {
    if (error instanceof TransientError) throw error;
    const reason = printable(error instanceof Error ? error.message : String(error));
    const attempts = await noteFailedAttempt(this.database, delivery, reason);
    if (!(error instanceof PermanentError) && attempts < MAX_ATTEMPTS) throw error;
    await this.close(delivery, { state: 'parked', topic: null, events: 0, setAside: 0, reason });
    this.logger.error({ message: `A delivery of Mist's webhook was parked: ${reason}`, id: delivery.id, error });
  }
}

/** The same bytes make the same batch, also after their row has left the inbox. */
const batchOf = (org: OrgRow, delivery: InboxRow, { topic, kind, events }: Omit<Records, 'is'>): RawBatch => ({
  batchId: `webhook.${delivery.bodyHash}`,
  orgId: org.externalId,
  kind,
  cycleId: `webhook.${String(delivery.id)}`,
  page: 0,
  observedAt: delivery.receivedAt,
  schemaVersion: RAW_BATCH_VERSION,
  correlationId: delivery.correlationId ?? randomUUID(),
  records: events,
  context: { webhook: topic, orgId: org.externalId },
});

/** A port changed, and the event does not say which: the port statistics do, and the search names ports that webhooks leave out. */
function pollsWanted(mapped: Incoming['mapped']): readonly CollectKind[] {
  if (mapped.kind !== 'device-events') return [];
  const isUnnamed = mapped.records.some(({ effect, portId }) => effect?.of === 'port' && portId === null);
  return isUnnamed ? ['device-events', 'wan-ports'] : [];
}
