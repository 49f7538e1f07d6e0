import { Injectable } from '@nestjs/common';
import type { EpochMs } from '@app/domain';
import { Database, type OrgRow } from '@app/shared';
import { circuitObservations, siteObservations } from '../ingest/alert-inputs.repository.js';
import { AlertingService } from './alerting.service.js';
import { HourRules } from './hour-rules.js';
import { WatchRules } from './watch-rules.js';

/** Everything that moves alerts without a batch. Each answers how many changes people may hear of. */
@Injectable()
export class TimedRules {
  constructor(
    private readonly database: Database,
    private readonly alerting: AlertingService,
    private readonly hourRules: HourRules,
    private readonly watch: WatchRules,
  ) {}

  /** Delays that have run out, and what only the clock tells: silence, and devices that are gone. */
  async byClock(org: OrgRow, now: EpochMs): Promise<number> {
    const watched = await this.database.transaction(async (tx) => {
      const observations = await this.watch.observations(tx, org, now);
      return this.alerting.evaluate(tx, { orgId: org.id, now, correlationId: `watch-${org.id}`, observations });
    });
    const swept = await this.alerting.sweep(org.id, now);
    return watched.changed + swept.changed;
  }

  /** Rules about closed hours; hours that came late, or were made anew, are judged again. */
  async byHours(org: OrgRow, now: EpochMs): Promise<number> {
    const { changed } = await this.hourRules.judge(org, now);
    return changed;
  }

  /** Circuits whose hours were closed, and their sites. */
  async ofCircuits(org: OrgRow, circuitIds: readonly number[], now: EpochMs): Promise<number> {
    const { changed } = await this.database.transaction(async (tx) => {
      const observations = [
        ...(await circuitObservations(tx, org.id, circuitIds)),
        ...(await siteObservations(tx, org.id, { circuitIds, deviceIds: [] })),
      ];
      return this.alerting.evaluate(tx, { orgId: org.id, now, correlationId: `close-hours-${org.id}`, observations });
    });
    return changed;
  }
}
