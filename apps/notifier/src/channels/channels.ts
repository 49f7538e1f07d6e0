import { PermanentError } from '@app/shared';
import type { Channel } from './channel.js';

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

  async close(): Promise<void> {
    await Promise.all(this.all().map((channel) => channel.close()));
  }

  /** `null` = there is none of that id. */
  find(id: string): Channel | null {
    return this.byId.get(id) ?? null;
  }

  of(id: string): Channel {
    const channel = this.find(id);
    if (channel === null) throw new PermanentError('CHANNEL_UNKNOWN', `There is no channel "${id}" configured any more.`);
    return channel;
  }
}
