import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Database, loadCurrentState, SETTINGS, type Clock, type OrgNow, type Settings, type SiteNow } from '@app/shared';
import type { OrgScope } from '../access/org-scope.js';
import { problem } from '../http/problem.js';

/** The current state inside a scope: every route that shows a status asks here. */
@Injectable()
export class CurrentStateService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  org(scope: OrgScope): Promise<OrgNow> {
    return loadCurrentState(this.database, scope.orgId, { now: this.clock.now(), settings: this.settings });
  }

  /** One site alone; a problem when there is none. */
  async site(scope: OrgScope, site: string): Promise<SiteNow> {
    const { sites } = await loadCurrentState(this.database, scope.orgId, {
      now: this.clock.now(),
      settings: this.settings,
      site,
    });
    const [found] = sites;
    if (found === undefined) throw problem('not-found');
    return found;
  }
}
