import { ANALYZER } from '@app/analyzer';
import { createApi, type RunningApi } from '@app/api';
import { collectorService } from '@app/collector';
import { NOTIFIER } from '@app/notifier';
import {
  createService,
  Database,
  JsonLogger,
  type QueueName,
  type Runtime,
  type RunningService,
  type ServiceDefinition,
} from '@app/shared';

/** The services that work on queues; the API stands beside them. */
const WORKERS = { collector: collectorService, analyzer: ANALYZER, notifier: NOTIFIER } as const;
export type WorkerName = keyof typeof WORKERS;

export interface StackOptions {
  readonly runtime: Runtime;
  /** Without schedules nothing polls by itself: the caller drives. */
  readonly isDriven: boolean;
  /** 0 = any free port; null = without the API. */
  readonly apiPort: number | null;
  /** Workers that run elsewhere, e.g. in a process of their own. */
  readonly without?: readonly WorkerName[];
  /** Where caught mails can be read, for the API's front page. */
  readonly mailboxUrl?: string | null;
  readonly apiHost?: string;
}

export interface Stack {
  readonly database: Database;
  readonly api: RunningApi | null;
  worker(name: WorkerName): RunningService;
  close(): Promise<void>;
}

/** All services in one process, on the same queue and database as if they ran apart. */
export async function startStack({
  runtime,
  isDriven,
  apiPort,
  without = [],
  mailboxUrl = null,
  apiHost = '127.0.0.1',
}: StackOptions): Promise<Stack> {
  const database = new Database({ url: runtime.databaseUrl, poolSize: 4, applicationName: 'mistwatch-stack' });
  const running = new Map<WorkerName, RunningService>();
  let api: RunningApi | null = null;
  const close = async (): Promise<void> => {
    await api?.close();
    for (const service of [...running.values()]) await service.close();
    await database.close();
  };
  try {
    for (const [name, definition] of Object.entries(WORKERS) as [WorkerName, ServiceDefinition][]) {
      if (without.includes(name)) continue;
      running.set(name, await startWorker(runtime, definition, isDriven && name === 'collector' ? [] : definition.queues));
    }
    if (apiPort !== null) {
      api = await createApi({ runtime, api: { mailboxUrl } });
      await api.listen(apiPort, apiHost);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { database, api, worker: (name) => workerOf(running, name), close };
}

/** Health ports are free ones here: in one process the fixed defaults would only be in the way. */
function startWorker(runtime: Runtime, definition: ServiceDefinition, queues: readonly QueueName[]): Promise<RunningService> {
  const logger = new JsonLogger({ service: definition.name, ...runtime.env.log });
  return createService({ ...definition, queues, healthPort: 0, runtime, logger });
}

function workerOf(running: ReadonlyMap<WorkerName, RunningService>, name: WorkerName): RunningService {
  const service = running.get(name);
  if (service === undefined) throw new Error(`The ${name} does not run in this process.`);
  return service;
}
