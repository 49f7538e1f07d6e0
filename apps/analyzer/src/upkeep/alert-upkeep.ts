import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Database, findOrg, JobPublisher, type Clock, type OrgRow } from '@app/shared';
import { AlertingService } from '../alerting/alerting.service.js';
import { HourRules } from '../alerting/hour-rules.js';
import { TrendRules } from '../alerting/trend-rules.js';
import { WatchRules } from '../alerting/watch-rules.js';
import { circuitObservations, siteObservations } from '../ingest/alert-inputs.repository.js';

/** Alerts that move without a batch: by time alone, or because hours were closed. */
@Injectable()
export class AlertUpkeep {
  constructor(
    private readonly database: Database,
    private readonly alerting: AlertingService,
    private readonly hours: HourRules,
    private readonly trends: TrendRules,
    private readonly watch: WatchRules,
    private readonly publisher: JobPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Alerts whose delay has run out, and what only the clock tells: silence, and devices that are gone. */
  async evaluateAlerts(externalOrgId: string): Promise<void> {
    const org = await findOrg(this.database, externalOrgId);
    if (org === null) return;
    const now = this.clock.now();
    const watched = await this.watchOver(org, now);
    const { changed } = await this.alerting.sweep(org.id, now);
    await this.wakeNotifier(externalOrgId, changed + watched);
  }

  /** Judges circuits whose hours were closed, and their sites. */
  async judge(org: OrgRow, circuitIds: readonly number[], now: number): Promise<void> {
    const { changed } = await this.database.transaction(async (tx) => {
      const observations = [
        ...(await circuitObservations(tx, org.id, circuitIds)),
        ...(await siteObservations(tx, org.id, { circuitIds, deviceIds: [] })),
      ];
      return this.alerting.evaluate(tx, { orgId: org.id, now, correlationId: `close-hours-${org.id}`, observations });
    });
    await this.wakeNotifier(org.externalId, changed);
  }

  /** Judges the rules about closed hours; hours that came late, or were made anew, are judged again. */
  async judgeHours(org: OrgRow, now: number): Promise<void> {
    const hours = await this.hours.judge(org, now);
    const trends = await this.trends.judge(org, now);
    await this.wakeNotifier(org.externalId, hours.changed + trends.changed);
  }

  private async watchOver(org: OrgRow, now: number): Promise<number> {
    const { changed } = await this.database.transaction(async (tx) => {
      const observations = await this.watch.observations(tx, org, now);
      return this.alerting.evaluate(tx, { orgId: org.id, now, correlationId: `watch-${org.id}`, observations });
    });
    return changed;
  }

  private async wakeNotifier(orgId: string, changed: number): Promise<void> {
    if (changed > 0) await this.publisher.publish('drain-outbox', { orgId });
  }
}
