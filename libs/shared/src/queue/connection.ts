import { Logger } from '@nestjs/common';
import {
  createPostgresBackend,
  createRedisBackend,
  Queue,
  Worker,
  type BackendFactory,
  type ConnectionOptions,
  type IQueueBackend,
  type Processor,
  type WorkerOptions,
} from 'bullmq';
import { PermanentError } from '../errors.js';
import type { QueueName } from './contracts.js';

/** Where the queues live. Redis in production; Postgres where there is nothing but Postgres. */
export type QueueConnection =
  | { readonly kind: 'redis'; readonly url: string; readonly prefix?: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly schema?: string };

export type OpenQueue = Queue<unknown, unknown, string, unknown, unknown, string, IQueueBackend>;
export type OpenWorker = Worker<unknown, unknown, string, IQueueBackend>;

const DEFAULT_PREFIX = 'mistwatch';
const DEFAULT_SCHEMA = 'bullmq';
const RECONNECT_STEP_MS = 200;
const RECONNECT_MAX_MS = 5_000;
/** Commands of a publisher fail after about three reconnects, so that a caller learns that the queue is away. */
const PUBLISHER_RETRIES = 3;
const REPORT_EVERY_MS = 10_000;

interface Backend {
  readonly factory: BackendFactory<IQueueBackend>;
  readonly options: { readonly connection: ConnectionOptions; readonly prefix?: string };
}

function redisBackend(url: string, prefix: string, maxRetriesPerRequest: number | null): Backend {
  const connection: ConnectionOptions = {
    url,
    maxRetriesPerRequest,
    retryStrategy: (times: number) => Math.min(times * RECONNECT_STEP_MS, RECONNECT_MAX_MS),
  };
  return { factory: createRedisBackend, options: { connection, prefix } };
}

function postgresBackend(url: string, schema: string, poolSize: number): Backend {
  const connection: ConnectionOptions = { connectionString: url, schema, max: poolSize, migrate: true };
  // The factory is typed by its own connection options, which the index signature of ConnectionOptions carries.
  return { factory: createPostgresBackend as unknown as BackendFactory<IQueueBackend>, options: { connection } };
}

function checkUrl({ kind, url }: QueueConnection): void {
  const protocols = kind === 'redis' ? ['redis:', 'rediss:'] : ['postgres:', 'postgresql:'];
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (protocols.includes(protocol)) return;
  throw new PermanentError('QUEUE_URL_INVALID', `The ${kind} queue needs a URL that starts with ${protocols.join('// or ')}//`);
}

/** Opens a queue for publishing. Errors of the connection are reported, never thrown at the process. */
export function openQueue(connection: QueueConnection, name: QueueName): OpenQueue {
  checkUrl(connection);
  const { factory, options } =
    connection.kind === 'redis'
      ? redisBackend(connection.url, connection.prefix ?? DEFAULT_PREFIX, PUBLISHER_RETRIES)
      : postgresBackend(connection.url, connection.schema ?? DEFAULT_SCHEMA, 2);
  const queue: OpenQueue = new Queue<unknown, unknown, string, unknown, unknown, string, IQueueBackend>(name, options, factory);
  queue.on('error', reportErrors(`queue ${name}`));
  return queue;
}

export interface WorkerToOpen {
  readonly name: QueueName;
  readonly process: Processor<unknown, unknown>;
  readonly options: Omit<WorkerOptions, 'connection' | 'prefix'> & { readonly concurrency: number };
}

/** Opens a worker; it reconnects for ever, because a worker without its queue has nothing else to do. */
export function openWorker(connection: QueueConnection, { name, process, options }: WorkerToOpen): OpenWorker {
  checkUrl(connection);
  const backend =
    connection.kind === 'redis'
      ? redisBackend(connection.url, connection.prefix ?? DEFAULT_PREFIX, null)
      : postgresBackend(connection.url, connection.schema ?? DEFAULT_SCHEMA, Math.min(options.concurrency, 4) + 1);
  const worker: OpenWorker = new Worker<unknown, unknown, string, IQueueBackend>(
    name,
    process,
    { ...options, ...backend.options },
    backend.factory,
  );
  worker.on('error', reportErrors(`worker ${name}`));
  return worker;
}

/** Logs an error of a connection, the same message at most every ten seconds. */
function reportErrors(where: string): (error: Error) => void {
  const logger = new Logger('queue');
  const lastReportMs = new Map<string, number>();
  return (error) => {
    const text = error.message || ('code' in error ? String(error.code) : error.name);
    const nowMs = performance.now();
    if (nowMs - (lastReportMs.get(text) ?? -REPORT_EVERY_MS) < REPORT_EVERY_MS) return;
    if (lastReportMs.size > 100) lastReportMs.clear();
    lastReportMs.set(text, nowMs);
    logger.error({ message: `${where}: ${text}`, code: 'QUEUE_CONNECTION' });
  };
}
