import { channelsOf, testChannel, type Channels, type TestedDestination } from '@app/notifier';
import type { Database } from '@app/shared';
import { configured, withDatabase, type Shell } from './context.js';
import { ExitError } from './exit-error.js';
import { withServers } from './servers.js';

const clock = { now: () => Date.now() };

/** `mistwatch channels list`: id, kind and destinations of everything configured. */
export async function listChannelsCommand(shell: Shell): Promise<void> {
  await withChannels(shell, (channels) => {
    for (const channel of channels.all()) {
      const { id, name, destinations } = channel.describe();
      shell.print(JSON.stringify({ id, name, destinations }));
    }
    return Promise.resolve();
  });
}

/** `mistwatch channels test ID`: a message that says it is a test, to everybody of the channel; exit code 1 when somebody does not take it. */
export async function testChannelCommand(shell: Shell, id: string): Promise<void> {
  await withChannels(shell, async (channels) => {
    const channel = channels.find(id);
    if (channel === null) {
      const known = channels.all().map((each) => each.describe().id);
      throw new ExitError(`There is no channel "${id}". Configured: ${known.join(', ') || 'none'}.`, 2);
    }
    const tested = await withServers(shell, async ({ databaseUrl }) => {
      const outcome = await testChannel(channel, clock.now());
      await withDatabase(databaseUrl, (database) => audit(database, id, outcome));
      return outcome;
    });
    for (const { destination, failure } of tested) shell.print(`${destination}: ${failure ?? 'taken'}`);
    const failed = tested.filter(({ failure }) => failure !== null).length;
    if (failed > 0) throw new ExitError(`${failed} of ${tested.length} destinations did not take the test message.`);
  });
}

/** A channel belongs to no organization, and so does its test from here. */
async function audit(database: Database, id: string, destinations: readonly TestedDestination[]): Promise<void> {
  const details = JSON.stringify({ destinations });
  await database.query(`insert into audit (at, actor, action, subject, details) values ($1, 'cli', 'channel.test', $2, $3)`, [
    new Date(clock.now()),
    `channel:${id}`,
    details,
  ]);
}

async function withChannels(shell: Shell, work: (channels: Channels) => Promise<void>): Promise<void> {
  const channels = channelsOf(configured(shell).settings, { clock });
  try {
    await work(channels);
  } finally {
    await channels.close();
  }
}
