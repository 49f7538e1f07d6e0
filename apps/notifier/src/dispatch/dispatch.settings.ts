import type { NoticeSettings } from '@app/domain';
import type { Environment, ReportSettings, Settings } from '@app/shared';
import type { GroupingSettings } from './drain.js';

/** What dispatching needs to know of configuration and environment. */
export class DispatchSettings {
  readonly notices: NoticeSettings;
  readonly grouping: GroupingSettings;
  /** Base of the links in a notice; `null` = no links. */
  readonly publicUrl: string | null;
  readonly status: ReportSettings;

  constructor(settings: Settings, env: Environment) {
    const { groupWaitSeconds, groupIntervalSeconds, repeatMinutes } = settings.alerts;
    this.notices = {
      groupWaitMs: groupWaitSeconds * 1000,
      groupIntervalMs: groupIntervalSeconds * 1000,
      repeatMs: repeatMinutes * 60_000,
    };
    const { groupBy, outages } = settings.alerts;
    this.grouping = {
      notices: this.notices,
      groupBy,
      outage: { minSites: outages.minSites, minShare: outages.minSharePct / 100, orgShare: outages.orgSharePct / 100 },
    };
    this.publicUrl = env.publicUrl;
    this.status = settings;
  }
}
