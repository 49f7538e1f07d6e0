import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Database, findOrg, SETTINGS, type Clock, type Settings } from '@app/shared';
import { drainRollups } from './rollups.js';

/** Keeps the calendar rollups of an org up to its hours; called often, and cheap when nothing changed. */
@Injectable()
export class RollupsService {
  constructor(
    private readonly database: Database,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** An org not stored yet has nothing to roll up; one that another process drains is left to it. */
  async drain(externalOrgId: string): Promise<void> {
    const org = await findOrg(this.database, externalOrgId);
    if (org === null) return;
    await drainRollups({ database: this.database, settings: this.settings, org, now: this.clock.now() });
  }
}
