import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Database, findOrg, JobPublisher, type Clock, type OrgRow } from '@app/shared';
import { TimedRules } from '../alerting/timed-rules.js';

/** Alerts that move without a batch: by time alone, or because hours were closed. The notifier is woken for what people may hear of. */
@Injectable()
export class AlertUpkeep {
  constructor(
    private readonly database: Database,
    private readonly rules: TimedRules,
    private readonly publisher: JobPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async evaluateAlerts(externalOrgId: string): Promise<void> {
    const org = await findOrg(this.database, externalOrgId);
    if (org === null) return;
    await this.wakeNotifier(externalOrgId, await this.rules.byClock(org, this.clock.now()));
  }

  /** Judges circuits whose hours were closed, and their sites. */
  async judge(org: OrgRow, circuitIds: readonly number[], now: number): Promise<void> {
    await this.wakeNotifier(org.externalId, await this.rules.ofCircuits(org, circuitIds, now));
  }

  /** Judges the rules about closed hours. */
  async judgeHours(org: OrgRow, now: number): Promise<void> {
    await this.wakeNotifier(org.externalId, await this.rules.byHours(org, now));
  }

  private async wakeNotifier(orgId: string, changed: number): Promise<void> {
    if (changed > 0) await this.publisher.publish('drain-outbox', { orgId });
  }
}
