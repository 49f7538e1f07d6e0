import { Inject, Injectable, Logger } from '@nestjs/common';
import { CLOCK, Database, type Clock } from '@app/shared';
import { Channels } from './channels.js';
import { testChannel } from './test-message.js';

/** Test messages that somebody asked for elsewhere. */
@Injectable()
export class ChannelTests {
  private readonly logger = new Logger('channels');

  constructor(
    private readonly database: Database,
    private readonly channels: Channels,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async test(id: string, actor: string): Promise<void> {
    const tested = await testChannel(this.channels.of(id), { database: this.database, clock: this.clock, actor });
    this.logger.log({ message: `Channel ${id} was tested`, actor, tested });
  }
}
