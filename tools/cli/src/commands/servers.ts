import { startServers, type Servers } from '../stack/servers.js';
import type { Shell } from './context.js';

/** Servers for the time of one command: those of the environment, else the embedded ones, shared with whoever has them running. */
export async function withServers<T>(shell: Shell, work: (servers: Servers) => Promise<T>): Promise<T> {
  const servers = await startServers({ dataDir: shell.dataDir, env: shell.variables });
  try {
    return await work(servers);
  } finally {
    await servers.stop();
  }
}
