import { randomBytes, randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { isSignedBy } from '@app/mist';
import {
  CLOCK,
  Database,
  deliveryJobId,
  findOrg,
  FOUND_OUT_ID,
  JobPublisher,
  orgSettingsOf,
  SETTINGS,
  storeDelivery,
  upsertOrg,
  type Clock,
  type OrgRow,
  type OrgSettings,
  type Settings,
  type StoredDelivery,
} from '@app/shared';
import { RateLimiter } from '../access/rate-limiter.js';
import { problem } from '../http/problem.js';

/** Nest injection token of the limiter of deliveries. */
export const HOOK_LIMITER = Symbol('HOOK_LIMITER');

export interface Delivery {
  /** Mist's id of the org, as the path names it. */
  readonly org: string;
  readonly signature: string;
  readonly body: Buffer;
  /** Who sent it, for the limit of what is not signed. */
  readonly sender: string;
}

/** Keeps what Mist sends before Mist is told so; the rest of the way is the analyzer's. */
@Injectable()
export class HooksService {
  private readonly logger = new Logger(HooksService.name);
  /** Stands in where an org has no secret, so that the refusal takes as long. */
  private readonly nobodysSecret = randomBytes(32).toString('hex');

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(Database) private readonly database: Database,
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    @Inject(HOOK_LIMITER) private readonly limiter: RateLimiter,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Stores a delivery and wakes the analyzer. Throws the same problem for an unknown org and for a wrong signature. */
  async take(delivery: Delivery): Promise<StoredDelivery> {
    const entry = this.entryOf(delivery.org);
    const secrets = secretsOf(entry);
    const isSigned = isSignedBy(delivery.body, delivery.signature, secrets.length === 0 ? [this.nobodysSecret] : secrets);
    const org = isSigned && secrets.length > 0 ? await this.orgOf(delivery.org, entry) : null;
    if (org === null) throw this.refusal(delivery.sender);
    this.limit(`org ${delivery.org}`);
    const correlationId = randomUUID();
    const stored = await storeDelivery(this.database, {
      orgId: org.id,
      body: delivery.body,
      receivedAt: this.clock.now(),
      correlationId,
    });
    // Not waited for: it is stored, and Mist must not wait for a queue that is away.
    if (stored.isOpen) void this.wake(org, stored.id);
    return stored;
  }

  private entryOf(org: string): OrgSettings | undefined {
    const entry = orgSettingsOf(this.settings, org);
    return entry?.enabled === true ? entry : undefined;
  }

  /** An org of the configuration may send before it was polled for the first time; one found out from its token may not. */
  private async orgOf(externalId: string, entry: OrgSettings | undefined): Promise<OrgRow | null> {
    const stored = await findOrg(this.database, externalId);
    if (stored !== null || entry?.id !== externalId || entry.id === FOUND_OUT_ID) return stored;
    const { name, reportingTimezone } = entry;
    return upsertOrg(this.database, { externalId, reportingTimezone, ...(name === undefined ? {} : { name }) });
  }

  /** Guesses of one sender are slowed down; they take nothing from the limit of an org. */
  private refusal(sender: string): Error {
    this.limit(`sender ${sender}`);
    return problem('unauthorized', {
      detail: 'The delivery is not signed with the secret of a webhook of this organization (X-Mist-Signature-v2).',
    });
  }

  private limit(key: string): void {
    const waitS = this.limiter.take(key);
    if (waitS > 0) throw problem('rate-limited', { headers: { 'retry-after': String(waitS) } });
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

function secretsOf(entry: OrgSettings | undefined): readonly string[] {
  const { webhook } = entry ?? {};
  if (webhook === undefined) return [];
  return webhook.previousSecret === undefined ? [webhook.secret] : [webhook.secret, webhook.previousSecret];
}
