import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Database, findOrg, JobPublisher, type Clock } from '@app/shared';
import { AlertingService } from '../alerting/alerting.service.js';
import { FactsService } from '../facts/facts.service.js';
import { prepareMonths } from '../imports/hour-partitions.js';
import { circuitObservations, siteObservations } from '../ingest/alert-inputs.repository.js';

/** Circuits whose utilization is made anew in one transaction. */
const REDERIVE_CHUNK = 500;

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
    await this.rederive(externalOrgId);
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

  /** Utilization of the stored hours of circuits whose bandwidth was loaded since. Also part of closing hours, so that a lost job heals. */
  async rederive(externalOrgId: string): Promise<void> {
    const org = await findOrg(this.database, externalOrgId);
    if (org === null) return;
    const now = this.clock.now();
    await prepareMonths(this.database, org.id, [now]);
    let made: number;
    do made = await this.rederiveSome(org.id, now);
    while (made > 0);
  }

  private rederiveSome(orgId: number, now: number): Promise<number> {
    return this.database.transaction(async (tx) => {
      const due = await tx.query<{ id: number }>(
        'select id from circuit where org_id = $1 and rederive_due order by id limit $2 for update',
        [orgId, REDERIVE_CHUNK],
      );
      const ids = due.map(({ id }) => id);
      if (ids.length === 0) return 0;
      // The bandwidth also decides between a wrapped and a restarted counter, so hours whose samples live are counted again.
      await this.facts.recompute(tx, orgId, ids, { now });
      await this.facts.rederive(tx, orgId, ids);
      await tx.query('update circuit set rederive_due = false where org_id = $1 and id = any($2)', [orgId, ids]);
      return ids.length;
    });
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
