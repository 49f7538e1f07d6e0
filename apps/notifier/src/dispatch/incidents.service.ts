import { Inject, Injectable, Logger } from '@nestjs/common';
import type { EpochMs } from '@app/domain';
import { CLOCK, Database, type Clock } from '@app/shared';
import { Channels } from '../channels/channels.module.js';
import { decideNext, type DecisionContext } from './decide.js';
import { addressBook } from './address-book.js';
import { DispatchSettings } from './dispatch.settings.js';
import { drainOutbox } from './drain.js';

export interface Drained {
  readonly taken: number;
  readonly at: EpochMs;
  /** When what was taken may be told. */
  readonly dueAt: EpochMs;
}

/** Changed alerts -> incidents -> decisions; what is to be sent lies in the database afterwards. */
@Injectable()
export class IncidentsService {
  private readonly logger = new Logger('incidents');

  constructor(
    private readonly database: Database,
    private readonly channels: Channels,
    private readonly settings: DispatchSettings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async drain(orgId: number): Promise<Drained> {
    const { notices, grouping } = this.settings;
    const now = this.clock.now();
    const taken = await drainOutbox(this.database, orgId, now, grouping);
    return { taken, at: now, dueAt: now + notices.groupWaitMs };
  }

  /** Judges every incident that is due. */
  async decideDue(): Promise<void> {
    const context = this.context();
    for (;;) {
      const decided = await decideNext(this.database, context, this.clock.now());
      if (decided === null) return;
      const { notice, reason } = decided.decision;
      if (notice !== null) this.logger.log({ message: `Incident ${decided.incidentId}: notice`, reason });
    }
  }

  private context(): DecisionContext {
    const { notices, publicUrl, routing } = this.settings;
    return {
      notices,
      publicUrl,
      policies: routing.policies,
      book: addressBook(this.channels, routing),
      hearingChannels: this.settings.hearingChannels,
      ackUrlOf: (claim, now) => this.settings.ackUrlOf(claim, now),
    };
  }
}
