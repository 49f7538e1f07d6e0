import { once } from 'node:events';
import { join } from 'node:path';
import { startMailCatcher } from '../mail-catcher.js';
import type { Shell } from './context.js';

/** `mistwatch mail-catcher`: until it is stopped. */
export async function catchMailCommand(
  shell: Shell,
  options: { smtpPort: string; webPort: string; host: string; stopped: AbortSignal },
): Promise<void> {
  const catcher = await startMailCatcher({
    directory: join(shell.dataDir, 'mail'),
    smtpPort: Number(options.smtpPort),
    webPort: Number(options.webPort),
    host: options.host,
  });
  shell.print(`SMTP ${catcher.smtpUrl}, mails at ${catcher.webUrl}`);
  if (!options.stopped.aborted) await once(options.stopped, 'abort');
  await catcher.close();
}
