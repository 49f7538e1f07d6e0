import { Inject, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { PermanentError, SETTINGS, type Settings } from '@app/shared';
import type { Channel } from './channel.js';
import { emailChannel } from './email/email.channel.js';

/** THE LIST: every way to reach people, made from the settings; one that is not configured gives `null`. */
const CHANNELS: readonly ((settings: Settings) => Channel | null)[] = [
  ({ email }) => (email === undefined ? null : emailChannel(email)),
];

/** The configured channels by id. */
export class Channels {
  private readonly byId: ReadonlyMap<string, Channel>;

  constructor(channels: readonly Channel[]) {
    this.byId = new Map(channels.map((channel) => [channel.describe().id, channel]));
    if (this.byId.size < channels.length) throw new PermanentError('CHANNEL_TWICE', 'Two channels have the same id.');
  }

  all(): Channel[] {
    return [...this.byId.values()];
  }

  of(id: string): Channel {
    const channel = this.byId.get(id);
    if (channel === undefined) throw new PermanentError('CHANNEL_UNKNOWN', `There is no channel "${id}" configured any more.`);
    return channel;
  }
}

@Module({
  providers: [
    {
      provide: Channels,
      inject: [SETTINGS],
      useFactory: (settings: Settings) => {
        const channels = new Channels(CHANNELS.flatMap((make) => make(settings) ?? []));
        if (channels.all().length === 0) {
          new Logger('channels').warn(
            'No channel is configured: incidents are stored, nobody is told. Set `email` in the configuration to send mail.',
          );
        }
        return channels;
      },
    },
  ],
  exports: [Channels],
})
export class ChannelsModule implements OnApplicationShutdown {
  constructor(@Inject(Channels) private readonly channels: Channels) {}

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.channels.all().map((channel) => channel.close()));
  }
}
