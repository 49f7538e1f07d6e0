import { createApi } from '@app/api';
import { ShiftClock } from '@app/cli';
import { parseSettings } from '@app/shared';
import { startBareServer } from '../http/bare-server.js';
import { RSS_EVERY_MS, type ToParent, type ToServer } from './messages.js';

const NO_LIMIT = { requestsPerSecond: 1e9, burst: 1e9 };

const tell = (message: ToParent): void => {
  process.send?.(message);
};

/** The API, and beside it the bare server it is compared with, in a process that does nothing else: its memory is theirs. */
async function serve({ orgId, now, ...given }: Extract<ToServer, { is: 'start' }>): Promise<void> {
  const runtime = { ...given, settings: parseSettings('', {}), clock: new ShiftClock(now) };
  const api = await createApi({ runtime, api: { rateLimit: NO_LIMIT }, logger: false });
  const bare = await startBareServer(runtime, orgId);
  const rss = setInterval(() => tell({ is: 'rss', bytes: process.memoryUsage.rss() }), RSS_EVERY_MS);
  process.on('message', ({ is }: ToServer) => {
    if (is !== 'stop') return;
    clearInterval(rss);
    void Promise.all([api.close(), bare.close()]).then(() => process.disconnect());
  });
  tell({ is: 'ready', url: await api.listen(0, '127.0.0.1'), bareUrl: bare.url });
}

process.once('message', (message: ToServer) => {
  if (message.is === 'start')
    serve(message).catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    });
});
