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
  /** Of callers who see some sites only, by which: shared by those who ask at the same time and see the same, and never kept. */
  private readonly parts = new Map<string, Promise<OrgNow>>();

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(API_SETTINGS) { state }: ApiSettings,
  ) {
    const onError = (error: unknown): void =>
      this.logger.warn({ message: 'The current state could not be read; what was read before is shown', error });
    const now = (): number => clock.now();
    this.orgs = new SharedReading({ read: (orgId) => this.read(orgId), now, ...state, onError });
  }

  /** All of an org, some seconds old at most; to who sees some sites only, these, as of now, and never what was read for who sees others. */
  org(scope: OrgScope): Promise<OrgNow> {
    return scope.isLimited ? this.part(scope) : this.orgs.get(scope.orgId);
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

  private part({ orgId, sight }: OrgScope): Promise<OrgNow> {
    const running = this.parts.get(sight);
    if (running !== undefined) return running;
    const reading = this.read(orgId).finally(() => this.parts.delete(sight));
    this.parts.set(sight, reading);
    return reading;
  }

  private read(orgId: number): Promise<OrgNow> {
    return loadCurrentState(this.database, orgId, { now: this.clock.now(), settings: this.settings });
  }
}
