import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Database, findOrg, type Clock } from '@app/shared';
import { FactsService } from '../facts/facts.service.js';
import { prepareMonths } from '../imports/hour-partitions.js';
import { AlertUpkeep } from './alert-upkeep.js';

/** Circuits whose utilization is made anew in one transaction: few, for each may bring a month of samples and stays locked meanwhile. */
const REDERIVE_CHUNK = 20;

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
}
