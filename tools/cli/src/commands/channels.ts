import { channelsOf, testChannel, type Channels } from '@app/notifier';
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
    const known = channels.all().map((channel) => channel.describe().id);
    if (!known.includes(id)) throw new ExitError(`There is no channel "${id}". Configured: ${known.join(', ') || 'none'}.`, 2);
    const tested = await withServers(shell, ({ databaseUrl }) =>
      withDatabase(databaseUrl, (database) => testChannel(channels.of(id), { database, clock, actor: 'cli' })),
    );
    for (const { destination, failure } of tested) shell.print(`${destination}: ${failure ?? 'taken'}`);
    const failed = tested.filter(({ failure }) => failure !== null).length;
    if (failed > 0) throw new ExitError(`${failed} of ${tested.length} destinations did not take the test message.`);
  });
}

async function withChannels(shell: Shell, work: (channels: Channels) => Promise<void>): Promise<void> {
  const channels = channelsOf(configured(shell).settings, { clock });
  try {
    await work(channels);
  } finally {
    await channels.close();
  }
}
