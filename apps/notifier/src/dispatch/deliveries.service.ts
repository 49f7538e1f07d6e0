import { Inject, Injectable, Logger } from '@nestjs/common';
import { CLOCK, Database, loadReportModel, type Clock } from '@app/shared';
import type { OutgoingDelivery } from '../channels/channel.js';
import { Channels } from '../channels/channels.module.js';
import { addressBook } from './address-book.js';
import type { AdmissionRules } from './admission.js';
import { makeDigests } from './digests.js';
import { deliverDue } from './deliver.js';
import type { AttemptRecord, ClaimedDelivery } from './deliveries.repository.js';
import { DispatchSettings } from './dispatch.settings.js';
import { reportAttachment } from './report-attachment.js';

/** Sends what is due over the channels. */
@Injectable()
export class DeliveriesService {
  private readonly logger = new Logger('deliveries');

  constructor(
    private readonly database: Database,
    private readonly channels: Channels,
    private readonly settings: DispatchSettings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async deliverDue(): Promise<void> {
    // One report an org is enough for all that is due now.
    const reports = new Map<number, Promise<OutgoingDelivery['report']>>();
    const reportOf = (orgId: number): Promise<OutgoingDelivery['report']> => {
      const report = reports.get(orgId) ?? this.report(orgId);
      reports.set(orgId, report);
      return report;
    };
    const rules = this.rules();
    await makeDigests(this.database, rules, this.clock.now());
    await deliverDue({
      rules,
      database: this.database,
      clock: this.clock,
      channelOf: (id) => this.channels.of(id),
      reportOf,
      random: Math.random,
      onFailure: (delivery, record) => this.logFailure(delivery, record),
      onRenewalFailure: (error) =>
        this.logger.warn({
          message: 'The claim of notices that are being sent could not be renewed; it is tried again soon',
          error,
        }),
    });
  }

  private rules(): AdmissionRules {
    const { notices, routing } = this.settings;
    const { policies, limits } = routing;
    return { notices, policies, ...limits, book: addressBook(this.channels, routing) };
  }

  private async report(orgId: number): Promise<OutgoingDelivery['report']> {
    try {
      return reportAttachment(await loadReportModel(this.database, orgId, this.clock.now(), this.settings.status));
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
