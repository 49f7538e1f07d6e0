import { Inject, Injectable, Logger } from '@nestjs/common';
import { CLOCK, Database, loadCurrentState, SETTINGS, type Clock, type OrgNow, type Settings, type SiteNow } from '@app/shared';
import type { OrgScope } from '../access/org-scope.js';
import { problem } from '../http/problem.js';
import { API_SETTINGS, type ApiSettings } from '../settings.js';
import { SharedReading } from './shared-reading.js';

/** The current state inside a scope: every route that shows a status asks here. */
@Injectable()
export class CurrentStateService {
  private readonly logger = new Logger(CurrentStateService.name);
  /** To judge ten thousand circuits takes longer than a dashboard waits, and twenty callers want the same. */
  private readonly orgs: SharedReading<number, OrgNow>;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(API_SETTINGS) { state }: ApiSettings,
  ) {
    this.orgs = new SharedReading({
      read: (orgId) => this.read(orgId),
      now: () => clock.now(),
      ...state,
      onError: (error) =>
        this.logger.warn({ message: 'The current state could not be read; what was read before is shown', error }),
    });
  }

  /** All of an org, some seconds old at most; to who sees some sites only, these, and never what was read for others. */
  org(scope: OrgScope): Promise<OrgNow> {
    return scope.isLimited ? this.read(scope.orgId) : this.orgs.get(scope.orgId);
  }

  /** One site alone, as of now; a problem when there is none. */
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

  private read(orgId: number): Promise<OrgNow> {
    return loadCurrentState(this.database, orgId, { now: this.clock.now(), settings: this.settings });
  }
}
