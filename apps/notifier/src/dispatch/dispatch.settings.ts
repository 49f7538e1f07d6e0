import type { EpochMs, NoticeSettings } from '@app/domain';
import {
  ackLinkUrl,
  type AckLinkClaim,
  type ChannelType,
  type Environment,
  type ReportSettings,
  type RoutingSettings,
  type Settings,
} from '@app/shared';
import type { GroupingSettings } from './drain.js';

/** Where a notice stays and can be marked as taken; mails of it would only be more mails. */
const HEARS_OF_ACKNOWLEDGEMENTS: Readonly<Record<ChannelType, boolean>> = {
  slack: true,
  teams: false,
  webhook: true,
  pagerduty: true,
  jira: true,
  servicenow: true,
};

/** What dispatching needs to know of configuration and environment. */
export class DispatchSettings {
  readonly notices: NoticeSettings;
  readonly grouping: GroupingSettings;
  /** Base of the links in a notice; `null` = no links. */
  readonly publicUrl: string | null;
  readonly status: ReportSettings;
  readonly routing: RoutingSettings;
  /** Channels that hear of it when somebody takes an incident. */
  readonly hearingChannels: readonly string[];
  private readonly ackLinkMs: number;

  constructor(
    settings: Settings,
    private readonly env: Environment,
  ) {
    const { groupWaitSeconds, groupIntervalSeconds, repeatMinutes } = settings.alerts;
    this.notices = {
      groupWaitMs: groupWaitSeconds * 1000,
      groupIntervalMs: groupIntervalSeconds * 1000,
      repeatMs: repeatMinutes * 60_000,
    };
    this.hearingChannels = settings.channels.filter(({ type }) => HEARS_OF_ACKNOWLEDGEMENTS[type]).map(({ id }) => id);
    const { groupBy, outages } = settings.alerts;
    this.grouping = {
      notices: this.notices,
      hearingChannels: this.hearingChannels,
      groupBy,
      outage: { minSites: outages.minSites, minShare: outages.minSharePct / 100, orgShare: outages.orgSharePct / 100 },
    };
    this.publicUrl = env.publicUrl;
    this.status = settings;
    this.routing = settings;
    this.ackLinkMs = settings.alerts.ackLinkHours * 3_600_000;
  }

  /** Where one destination takes an incident. */
  ackUrlOf(claim: Omit<AckLinkClaim, 'expiresAt'>, now: EpochMs): string | null {
    return ackLinkUrl(this.env, { ...claim, expiresAt: now + this.ackLinkMs });
  }
}
