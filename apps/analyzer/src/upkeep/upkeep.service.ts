import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Database, findOrg, JobPublisher, type Clock } from '@app/shared';
import { AlertingService } from '../alerting/alerting.service.js';
import { FactsService } from '../facts/facts.service.js';
import { circuitObservations, siteObservations } from '../ingest/alert-inputs.repository.js';

/** Work that time asks for, not data: facts of hours that have closed, alerts whose delay has run out. */
@Injectable()
export class UpkeepService {
  constructor(
    private readonly database: Database,
    private readonly facts: FactsService,
    private readonly alerting: AlertingService,
    private readonly publisher: JobPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Every circuit has its facts up to the last closed hour, also those nobody answered for. An org not stored yet has nothing to close. */
  async closeHours(externalOrgId: string): Promise<void> {
    const org = await findOrg(this.database, externalOrgId);
    if (org === null) return;
    const now = this.clock.now();
    const changes = await this.facts.closeHours(org.id, now);
    if (changes.length === 0) return;
    const circuitIds = changes.map((change) => change.circuitId);
    const { changed } = await this.database.transaction(async (tx) => {
      const observations = [
        ...(await circuitObservations(tx, org.id, circuitIds)),
        ...(await siteObservations(tx, org.id, { circuitIds, deviceIds: [] })),
      ];
      return this.alerting.evaluate(tx, { orgId: org.id, now, correlationId: `close-hours-${org.id}`, observations });
    });
    await this.wakeNotifier(externalOrgId, changed);
  }

  async evaluateAlerts(externalOrgId: string): Promise<void> {
    const org = await findOrg(this.database, externalOrgId);
    if (org === null) return;
    const { changed } = await this.alerting.sweep(org.id, this.clock.now());
    await this.wakeNotifier(externalOrgId, changed);
  }

  private async wakeNotifier(orgId: string, changed: number): Promise<void> {
    if (changed > 0) await this.publisher.publish('drain-outbox', { orgId });
  }
}
