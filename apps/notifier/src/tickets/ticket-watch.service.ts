import { Inject, Injectable, Logger } from '@nestjs/common';
import { acknowledgeIncident, CLOCK, Database, scrub, type Clock } from '@app/shared';
import type { Channel } from '../channels/channel.js';
import { Channels } from '../channels/channels.js';
import { takenBy, type Taken } from './taken.js';
import { claimTickets, recordTicket, type OpenTicket } from './tickets.repository.js';

const EVERY_MS = 60_000;
/** A few at a time, so that a slow ticket system keeps nothing else waiting for long. */
const CLAIM_SIZE = 5;

/** The way back from ticket systems: who takes or closes a ticket there has taken the incident. */
@Injectable()
export class TicketWatchService {
  private readonly logger = new Logger('tickets');

  constructor(
    private readonly database: Database,
    private readonly channels: Channels,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Are there channels whose tickets can be read? */
  hasTickets(): boolean {
    return this.readable().length > 0;
  }

  /** Reads every ticket that nobody has taken, each once a minute. */
  async watch(): Promise<void> {
    const channels = this.readable().map((channel) => channel.describe().id);
    const now = this.clock.now();
    for (let isMore = channels.length > 0; isMore;) {
      const claimed = await claimTickets(this.database, { channels, now, notSince: now - EVERY_MS, limit: CLAIM_SIZE });
      await Promise.all(claimed.map((ticket) => this.look(ticket)));
      isMore = claimed.length === CLAIM_SIZE;
    }
  }

  private readable(): Channel[] {
    return this.channels.all().filter((channel) => 'read' in channel);
  }

  private async look(ticket: OpenTicket): Promise<void> {
    const channel = this.channels.of(ticket.channel);
    try {
      const state = (await channel.read?.(ticket.remoteId)) ?? null;
      if (state === null) return;
      const taken = takenBy(ticket.before, state);
      if (taken !== null) await this.acknowledge(ticket, channel.describe().name, taken);
      // Last, so that a process that dies before it leaves the ticket to be found taken again.
      await recordTicket(this.database, ticket, state);
    } catch (error) {
      const { channel: channelId, remoteId, incidentId } = ticket;
      this.logger.warn({
        message: 'A ticket could not be read; it is tried again',
        channelId,
        remoteId,
        incidentId,
        error: scrub(error),
      });
    }
  }

  private async acknowledge(
    { orgId, incidentId, channel, remoteId }: OpenTicket,
    system: string,
    { by, how }: Taken,
  ): Promise<void> {
    const request = { incidentId, by: by ?? system, until: null, note: `Ticket ${remoteId} in ${system} was ${how}.` };
    const at = new Date(this.clock.now());
    const outcome = await acknowledgeIncident(this.database, orgId, request, { at, actor: `ticket:${channel}/${remoteId}` });
    this.logger.log({ message: `Incident ${incidentId} was taken by a ticket`, remoteId, how, outcome });
  }
}
