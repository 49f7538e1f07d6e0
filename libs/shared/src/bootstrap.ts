import { ConfigError } from './config/config.error.js';
import { loadConfiguration } from './config/load-configuration.js';
import { scrubText } from './config/redact.js';
import { JsonLogger } from './logging/json-logger.js';
import type { Runtime } from './runtime.module.js';
import { createService, type RunningService, type ServiceDefinition } from './service.js';

/** Time beyond the grace period in which connections may close. */
const CLOSE_MARGIN_MS = 8_000;

/** The runtime that environment and configuration file describe; throws a `ConfigError` with every fault of both. */
export function loadRuntime(): Runtime {
  const configuration = loadConfiguration();
  return { ...configuration, queue: configuration.env.queue, databaseUrl: configuration.env.databaseUrl };
}

/** The whole `main.ts` of a worker service: runs it until a signal stops it; exit code 0 after a graceful stop, 1 when it cannot start. */
export async function runService(definition: ServiceDefinition): Promise<void> {
  const runtime = runtimeOrExit();
  const logger = new JsonLogger({ service: definition.name, ...runtime.env.log });
  try {
    const service = await createService({ ...definition, runtime, logger });
    logger.log({ message: `${definition.name} runs`, healthPort: service.healthPort, queues: definition.queues });
    stopOnSignal(service, runtime.env.shutdownGraceMs + CLOSE_MARGIN_MS, logger);
  } catch (error) {
    logger.fatal({ message: `${definition.name} cannot start`, error });
    process.exit(1);
  }
}

function runtimeOrExit(): Runtime {
  try {
    return loadRuntime();
  } catch (error) {
    const text =
      error instanceof ConfigError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${scrubText(text)}\n`);
    process.exit(1);
  }
}

/** The first SIGTERM or SIGINT stops gracefully, the second at once. */
function stopOnSignal(service: RunningService, limitMs: number, logger: JsonLogger): void {
  let isStopping = false;
  const stop = (signal: string): void => {
    if (isStopping) process.exit(1);
    isStopping = true;
    logger.log({ message: `${signal}: stopping` });
    // Everything that matters is handed back by then; a connection that does not close must not keep the process.
    setTimeout(() => process.exit(0), limitMs).unref();
    service.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ message: 'The stop was not clean', error });
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
}
