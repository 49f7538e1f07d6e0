import { Inject, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { CLOCK, SETTINGS, type ChannelSettingsOf, type ChannelType, type Clock, type Settings } from '@app/shared';
import type { Channel } from './channel.js';
import { ChannelTests } from './channel-tests.js';
import { Channels } from './channels.js';
import type { ChannelParts } from './http/channel-parts.js';
import { pagerDutyChannel } from './pagerduty/pagerduty.channel.js';
import { jiraChannel } from './jira/jira.channel.js';
import { serviceNowChannel } from './servicenow/servicenow.channel.js';
import { slackChannel } from './slack/slack.channel.js';
import { teamsChannel } from './teams/teams.channel.js';
import { webhookChannel } from './webhook/webhook.channel.js';
import { emailChannel } from './email/email.channel.js';

export { Channels };

type Maker<T extends ChannelType> = (settings: ChannelSettingsOf<T>, parts: ChannelParts) => Channel;

/** THE LIST: every way to reach people beside the mails of the section `email`. */
const MAKERS: { readonly [T in ChannelType]: Maker<T> } = {
  slack: slackChannel,
  teams: teamsChannel,
  webhook: webhookChannel,
  pagerduty: pagerDutyChannel,
  jira: jiraChannel,
  servicenow: serviceNowChannel,
};

const channelOf = <T extends ChannelType>(settings: ChannelSettingsOf<T> & { readonly type: T }, parts: ChannelParts): Channel =>
  MAKERS[settings.type](settings, parts);

/** All that is configured. */
export function channelsOf({ email, channels }: Pick<Settings, 'email' | 'channels'>, parts: ChannelParts): Channels {
  const mail = email === undefined ? [] : [emailChannel(email)];
  return new Channels([...mail, ...channels.map((settings) => channelOf(settings, parts))]);
}

@Module({
  providers: [
    ChannelTests,
    {
      provide: Channels,
      inject: [SETTINGS, CLOCK],
      useFactory: (settings: Settings, clock: Clock) => {
        const channels = channelsOf(settings, { clock });
        if (channels.all().length === 0) {
          new Logger('channels').warn(
            'No channel is configured: incidents are stored, nobody is told. Set `email` or `channels` in the configuration.',
          );
        }
        return channels;
      },
    },
  ],
  exports: [Channels, ChannelTests],
})
export class ChannelsModule implements OnApplicationShutdown {
  constructor(@Inject(Channels) private readonly channels: Channels) {}

  onApplicationShutdown(): Promise<void> {
    return this.channels.close();
  }
}
