import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Database, findOrg, type Clock } from '@app/shared';
import { FactsService } from '../facts/facts.service.js';
import { rederiveDue } from '../links/rederive-due.js';
import { refoldHistory } from '../sle/refold-history.js';
import { AlertUpkeep } from './alert-upkeep.js';

/** Facts that no batch asks for: hours that have closed, utilization of another bandwidth. */
@Injectable()
export class UpkeepService {
  constructor(
    private readonly database: Database,
    private readonly facts: FactsService,
    private readonly alerts: AlertUpkeep,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Every circuit has its facts up to the last closed hour, also those nobody answered for. An org not stored yet has nothing to close. */
  async closeHours(externalOrgId: string): Promise<void> {
    const org = await findOrg(this.database, externalOrgId);
    if (org === null) return;
    const now = this.clock.now();
    const changes = await this.facts.closeHours(org.id, now);
    if (changes.length > 0) {
      const circuitIds = changes.map((change) => change.circuitId);
      await this.alerts.judge(org, circuitIds, now);
    }
    await this.rederive(externalOrgId);
    await refoldHistory(this.database, org.id);
    await this.alerts.judgeHours(org, now);
  }

  /** Facts of circuits whose bandwidth was loaded, or which were linked, since. Also part of closing hours, so that a lost job heals. */
  async rederive(externalOrgId: string): Promise<void> {
    const org = await findOrg(this.database, externalOrgId);
    if (org === null) return;
    await rederiveDue(this.database, this.facts, { orgId: org.id, now: this.clock.now() });
  }
}
