import { Inject, Injectable } from '@nestjs/common';
import { hourOf, observationOfHealth, type EpochMs, type Observation } from '@app/domain';
import { Database, SETTINGS, type OrgRow, type Settings } from '@app/shared';
import { AlertingService } from './alerting.service.js';
import { healthOfSites } from './health-rules.repository.js';
import { RulesInForce } from './rules-in-force.js';

/** Health of sites that falls from one day to the next. */
@Injectable()
export class HealthRules {
  private readonly rules: RulesInForce;
  /** The hour up to which an org was compared last: once an hour is enough. */
  private readonly compared = new Map<number, EpochMs>();

  constructor(
    private readonly database: Database,
    private readonly alerting: AlertingService,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {
    this.rules = new RulesInForce(settings);
  }

  /** Returns how many changes people may hear of. */
  async judge(org: OrgRow, now: EpochMs): Promise<{ changed: number }> {
    const end = hourOf(now);
    if (!this.rules.book.isAnywhere('health-drop') || this.compared.get(org.id) === end) return { changed: 0 };
    const observations = await this.observations(org.id, end);
    const { changed } = await this.database.transaction((tx) =>
      this.alerting.evaluate(tx, { orgId: org.id, now, correlationId: `close-hours-${org.id}`, observations }),
    );
    this.compared.set(org.id, end);
    return { changed };
  }

  /** Of sites whose health fell, or whose alert is open: the others have nothing to say. */
  private async observations(orgId: number, end: EpochMs): Promise<Observation[]> {
    const sites = await healthOfSites(this.database, orgId, end);
    return sites.flatMap(({ isOpen, ...site }) => {
      const observation = observationOfHealth(site, this.settings.health.dropPoints, end);
      return isOpen || observation.breached === true ? [observation] : [];
    });
  }
}
