import { once } from 'node:events';
import { clockOf, type Runtime } from '@app/shared';
import { startStack } from '../stack/stack.js';
import { configured, pollable, type Shell } from './context.js';
import { withServers } from './servers.js';

/** `mistwatch up`: all four services in this process, on the servers of the environment or on embedded ones, until it is stopped. */
export async function upCommand(shell: Shell, stopped: AbortSignal): Promise<void> {
  await withServers(shell, async (servers) => {
    const configuration = configured({ ...shell, variables: { ...shell.variables, ...servers.variables } });
    const { env } = configuration;
    const settings = pollable(shell, configuration);
    const runtime: Runtime = { env, settings, clock: clockOf(env.clockFile), queue: env.queue, databaseUrl: env.databaseUrl };
    const stack = await startStack({ runtime, isDriven: false, apiPort: env.port, apiHost: '0.0.0.0' });
    try {
      shell.warn(
        `${servers.description}. API on port ${env.port}, documentation at /docs. ${settings.orgs.length} organizations. Stop with Ctrl-C.`,
      );
      if (!stopped.aborted) await once(stopped, 'abort');
    } finally {
      await stack.close();
    }
  });
}
