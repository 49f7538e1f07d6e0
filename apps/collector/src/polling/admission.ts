import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, JobPublisher, PermanentError, TransientError, type Clock } from '@app/shared';
import { COLLECTOR_SETTINGS, type CollectorSettings } from '../collector.settings.js';
import type { MistClient } from '../mist/mist.client.js';
import { tokensOf } from '../mist/token.js';
import type { CycleOrder } from './cycle-order.js';
import { Leases } from './leases.repository.js';
import { SPARE_KINDS } from './org-clients.js';

/** Code of a poll that was not made because Mist refuses the org's tokens. */
export const ORG_STOPPED = 'ORG_STOPPED';
const REFUSED_FOR_MS = 3_600_000;
/** Calls of a kind that was never read. */
const FIRST_COST = 2;

/** Whether a poll may begin: the org is welcome at Mist, the analyzer keeps up, the hour's budget pays for it. */
@Injectable()
export class Admission {
  constructor(
    @Inject(COLLECTOR_SETTINGS) private readonly settings: CollectorSettings,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    private readonly leases: Leases,
  ) {}

  /** Sets the poll's calls aside, unless it lives on spare ones; throws what stands against it. An operator's order passes over refusal and backpressure, never over the budget. */
  async admit(order: CycleOrder, client: MistClient): Promise<void> {
    if (order.reason !== 'now') {
      await this.checkWelcome(order);
      await this.checkBacklog(`this poll of ${order.kind}`);
    }
    if (SPARE_KINDS.includes(order.kind)) return;
    await client.reserve((await this.leases.lastCost(order.org.rowId, order.kind)) ?? FIRST_COST);
  }

  private async checkWelcome({ org }: CycleOrder): Promise<void> {
    const tokenKeys = tokensOf(org.source, this.settings.budgetScope).map(({ key }) => key);
    const refusal = await this.leases.standingRefusal(org.rowId, this.clock.now() - REFUSED_FOR_MS, tokenKeys);
    if (refusal !== null) throw new PermanentError(ORG_STOPPED, `This organization is left alone for an hour: ${refusal}`);
  }

  /** Throws when the analyzer is behind; `what` is left out then. */
  async checkBacklog(what: string): Promise<void> {
    const depth = await this.publisher.depth('ingest');
    const limit = this.settings.maxQueueDepth;
    if (depth <= limit) return;
    throw new TransientError(
      'ANALYZER_BEHIND',
      `analyzer behind: ${depth} batches wait, more than ${limit}; ${what} is left out`,
    );
  }
}
