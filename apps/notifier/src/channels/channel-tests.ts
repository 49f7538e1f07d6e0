import { Inject, Injectable } from '@nestjs/common';
import { auditRow, CLOCK, Database, requireOrg, type Clock } from '@app/shared';
import { Channels } from './channels.js';
import { testChannel, type TestedDestination } from './test-message.js';

interface WantedTest {
  readonly channel: string;
  readonly askedBy: string;
}

/** Test messages that somebody asked for where channels cannot be reached. */
@Injectable()
export class ChannelTests {
  constructor(
    private readonly database: Database,
    private readonly channels: Channels,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Makes a test that was asked for; one that is made is not made again. */
  async run(externalOrgId: string, id: number): Promise<void> {
    const org = await requireOrg(this.database, externalOrgId);
    const [wanted] = await this.database.query<WantedTest>(
      'select channel, asked_by as "askedBy" from channel_test where org_id = $1 and id = $2 and done_at is null',
      [org.id, id],
    );
    if (wanted === undefined) return;
    const tested = await this.test(wanted.channel);
    const at = new Date(this.clock.now());
    await this.database.transaction(async (tx) => {
      await tx.query('update channel_test set done_at = $3, outcome = $4 where org_id = $1 and id = $2', [
        org.id,
        id,
        at,
        JSON.stringify(tested),
      ]);
      const subject = `channel:${wanted.channel}`;
      await auditRow(tx, org.id, {
        at,
        actor: wanted.askedBy,
        action: 'channel.test',
        subject,
        details: { destinations: tested },
      });
    });
  }

  private async test(id: string): Promise<TestedDestination[]> {
    const channel = this.channels.find(id);
    if (channel !== null) return testChannel(channel, this.clock.now());
    return [{ destination: id, failure: 'There is no such channel in the configuration of the notifier.' }];
  }
}
