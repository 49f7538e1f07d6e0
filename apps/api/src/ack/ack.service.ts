import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, ENV, verifyAckLink, type AckLinkClaim, type Clock, type Environment } from '@app/shared';
import { NotifierWaker } from '../incidents/notifier-waker.js';
import type { AckPage } from './ack.page.js';
import { AckRepository } from './ack.repository.js';

/** What a link does: asks, and acknowledges only when its holder says so. */
@Injectable()
export class AckService {
  constructor(
    @Inject(AckRepository) private readonly links: AckRepository,
    @Inject(NotifierWaker) private readonly notifier: NotifierWaker,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(ENV) private readonly env: Pick<Environment, 'ackLinkKeys'>,
  ) {}

  /** What the page says. Changes nothing: whoever scans mails follows links too. */
  async look(token: string): Promise<AckPage> {
    const verdict = verifyAckLink(token, this.env.ackLinkKeys, this.clock.now());
    if (verdict.is === 'forged') return { is: 'forged' };
    const { claim } = verdict;
    const [incident, usedAt] = await Promise.all([this.links.incident(claim), this.links.usedAt(claim)]);
    if (incident === null) return { is: 'gone' };
    const { destination } = claim;
    if (usedAt !== null) return { is: 'used', incident, destination, usedAt };
    if (verdict.is === 'expired') return { is: 'expired', expiredAt: new Date(claim.expiresAt) };
    return { is: incident.resolvedAt === null ? 'ask' : 'over', incident, destination };
  }

  /** Takes the incident as the destination of the link, once. */
  async take(token: string): Promise<AckPage> {
    const page = await this.look(token);
    const { claim } = verifyAckLink(token, this.env.ackLinkKeys, this.clock.now());
    if (page.is !== 'ask' || claim === null) return page;
    const outcome = await this.links.take(claim, new Date(this.clock.now()));
    if (outcome === 'acknowledged') await this.notifier.wake();
    return this.after(claim);
  }

  private async after(claim: AckLinkClaim): Promise<AckPage> {
    const incident = await this.links.incident(claim);
    if (incident === null) return { is: 'gone' };
    return { is: incident.resolvedAt === null ? 'done' : 'over', incident, destination: claim.destination };
  }
}
