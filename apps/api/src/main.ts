import { JsonLogger, loadRuntime, scrubText } from '@app/shared';
import { createApi } from './create-api.js';

const CLOSE_LIMIT_MS = 28_000;

/** The API as a process of its own, until a signal stops it. */
async function main(): Promise<void> {
  const runtime = loadRuntime();
  const logger = new JsonLogger({ service: 'api', ...runtime.env.log });
  const api = await createApi({ runtime, logger });
  logger.log({ message: 'api listens', url: await api.listen(runtime.env.port) });
  const stop = (): void => {
    setTimeout(() => process.exit(0), CLOSE_LIMIT_MS).unref();
    api.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`${scrubText(error instanceof Error ? error.message : String(error))}\n`);
  process.exit(1);
});
