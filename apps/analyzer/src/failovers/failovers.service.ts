import { DEFAULT_FACT_SETTINGS, MINUTE_MS, type EpochMs } from '@app/domain';
import { Inject, Injectable } from '@nestjs/common';
import { Database, SETTINGS, type Settings } from '@app/shared';
import { AlertingService } from '../alerting/alerting.service.js';
import { collectDue, lockFailovers, takeDue, watchSites } from './due.repository.js';
import { evaluateSites } from './evaluate.js';
import { failoverObservations } from './failover-alerts.js';
import type { RunRules } from './runs.js';

/** Sites whose failovers are found in one transaction. */
const CHUNK = 50;

export interface Drained {
  readonly sites: number;
  /** Changes people may hear of. */
  readonly alertsChanged: number;
}

/** Finds failovers wherever something new is known; any order, repetition and cut of what came gives the same. */
@Injectable()
export class FailoversService {
  constructor(
    private readonly database: Database,
    private readonly alerting: AlertingService,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Two at once are harmless: they take turns. */
  async drain(orgId: number, now: EpochMs): Promise<Drained> {
    const rules = { ...DEFAULT_FACT_SETTINGS, maxGapMs: this.settings.facts.maxGapMinutes * MINUTE_MS };
    await this.database.transaction(async (tx) => {
      await lockFailovers(tx, orgId);
      await collectDue(tx, orgId, rules.maxGapMs);
    });
    let drained: Drained = { sites: 0, alertsChanged: 0 };
    for (;;) {
      const some = await this.drainSome(orgId, { now, rules });
      drained = { sites: drained.sites + some.sites, alertsChanged: drained.alertsChanged + some.alertsChanged };
      if (some.sites < CHUNK) return drained;
    }
  }

  private drainSome(orgId: number, how: RunRules): Promise<Drained> {
    return this.database.transaction(async (tx) => {
      await lockFailovers(tx, orgId);
      const dues = await takeDue(tx, orgId, CHUNK);
      if (dues.length === 0) return { sites: 0, alertsChanged: 0 };
      const evaluated = await evaluateSites(tx, orgId, dues, how);
      await watchSites(tx, orgId, evaluated, how.now);
      const observations = await failoverObservations(tx, orgId, evaluated, how.now);
      const { changed } = await this.alerting.evaluate(tx, { orgId, now: how.now, correlationId: null, observations });
      return { sites: dues.length, alertsChanged: changed };
    });
  }
}
