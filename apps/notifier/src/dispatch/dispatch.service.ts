import { Inject, Injectable, Logger } from '@nestjs/common';
import type { NoticeSettings } from '@app/domain';
import { CLOCK, Database, ENV, findOrg, JobPublisher, loadReportModel, SETTINGS, type Clock, type Environment, type Settings } from '@app/shared';
import type { OutgoingDelivery } from '../channels/channel.js';
import { Channels } from '../channels/channels.module.js';
import { decideNext, type DecisionContext } from './decide.js';
import { deliverDue, reportAttachment } from './deliver.js';
import type { AttemptRecord, ClaimedDelivery } from './deliveries.repository.js';
import { drainOutbox } from './drain.js';
import { orgsWaiting } from './outbox.repository.js';

/** From a changed alert to an accepted mail: drain, decide, deliver. Each stage commits on its own and may be repeated by anybody. */
@Injectable()
export class DispatchService {
  private readonly logger = new Logger('dispatch');

  constructor(
    private readonly database: Database,
    private readonly channels: Channels,
    private readonly publisher: JobPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(ENV) private readonly env: Environment,
  ) {}

  /** Rows wait in the outbox of one org. */
  async drain(externalOrgId: string): Promise<void> {
    const org = await findOrg(this.database, externalOrgId);
    if (org === null) return;
    if ((await this.drainOrg(org.id)) > 0) await this.decideAndDeliver();
  }

  /** Everything that is due anywhere; makes lost wake-ups harmless. */
  async sendDue(): Promise<void> {
    for (const orgId of await orgsWaiting(this.database)) await this.drainOrg(orgId);
    await this.decideAndDeliver();
  }

  private async drainOrg(orgId: number): Promise<number> {
    const { groupWaitMs: delayMs } = this.notices;
    const now = this.clock.now();
    const taken = await drainOutbox(this.database, orgId, now, this.notices);
    // The sweep would find it too, only some seconds later. One wake-up a second is enough, whatever falls in it.
    if (taken > 0) await this.publisher.publish('send-due', {}, { delayMs, jobId: `wake-${orgId}-${Math.ceil((now + delayMs) / 1000)}` });
    return taken;
  }

  private async decideAndDeliver(): Promise<void> {
    const context = this.decisionContext();
    for (let decided = await decideNext(this.database, context, this.clock.now()); decided !== null; ) {
      const { notice, reason } = decided.decision;
      if (notice !== null) this.logger.log({ message: `Incident ${decided.incidentId}: notice`, reason });
      decided = await decideNext(this.database, context, this.clock.now());
    }
    await deliverDue({
      database: this.database,
      clock: this.clock,
      channelOf: (id) => this.channels.of(id),
      reportOf: (orgId) => this.report(orgId),
      random: Math.random,
      onFailure: (delivery, record) => this.logFailure(delivery, record),
    });
  }

  private get notices(): NoticeSettings {
    const { groupWaitSeconds, groupIntervalSeconds, repeatMinutes } = this.settings.alerts;
    return { groupWaitMs: groupWaitSeconds * 1000, groupIntervalMs: groupIntervalSeconds * 1000, repeatMs: repeatMinutes * 60_000 };
  }

  private decisionContext(): DecisionContext {
    const channels = this.channels.all().map((channel) => channel.describe());
    return {
      notices: this.notices,
      publicUrl: this.env.publicUrl,
      destinations: channels.flatMap(({ id, destinations }) => destinations.map((destination) => ({ destination, channel: id }))),
    };
  }

  private async report(orgId: number): Promise<OutgoingDelivery['report']> {
    try {
      return reportAttachment(await loadReportModel(this.database, orgId, this.clock.now(), this.settings));
    } catch (error) {
      this.logger.error({ message: 'The summary report could not be made; the notice goes out without it', orgId, error });
      return null;
    }
  }

  private logFailure(delivery: ClaimedDelivery, { outcome, answer, retryAt }: AttemptRecord): void {
    const { id, incidentId, step, channel, correlationId } = delivery;
    const facts = { deliveryId: id, incidentId, step, channel, correlationId, answer, retryAt };
    if (outcome === 'dead') this.logger.error({ message: 'A notice could not be delivered and is given up', ...facts });
    else this.logger.warn({ message: 'A notice was not delivered; it is tried again', ...facts });
  }
}
