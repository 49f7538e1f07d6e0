import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { JobsOptions } from 'bullmq';
import { PermanentError, TransientError } from '../errors.js';
import { openQueue, type OpenQueue, type QueueConnection } from './connection.js';
import { JOBS, type JobName, type PayloadOf, type QueueName } from './contracts.js';
import { correlationId, correlationMetadata } from './correlation.js';
import { storable } from './jsonb.js';
import { WORKERS } from './workers.js';

export interface PublishOptions {
  /** While a job with this id waits, is delayed or runs, publishing it again does nothing; afterwards the id is free. */
  readonly jobId?: string;
  readonly delayMs?: number;
  /** 1 is the most urgent; without it a job goes before all that have one. */
  readonly priority?: number;
  /** What the job would do is done without it too, only later: whoever publishes it succeeds while the queue is away. */
  readonly isBestEffort?: boolean;
}

/** A job that waits until what it is about is committed. */
export type HeldJob = {
  [N in JobName]: { readonly name: N; readonly payload: PayloadOf<N>; readonly options: PublishOptions };
}[JobName];

/** A held job of best effort that the queue did not take. */
export interface LeftJob {
  readonly job: HeldJob;
  readonly error: unknown;
}

/** Work whose jobs wait for its end. */
interface Holding {
  readonly jobs: HeldJob[];
  /** Nobody reads the list any more: what is published later, by something the work left running, is published at once. */
  isOver: boolean;
}

const PUBLISH_TIMEOUT_MS = 15_000;

/** Puts jobs on their queues; the only way to do so. */
export class JobPublisher {
  private readonly queues = new Map<QueueName, OpenQueue>();
  private isClosed = false;
  private readonly held = new AsyncLocalStorage<Holding>();

  constructor(private readonly connection: QueueConnection) {}

  async publish<N extends JobName>(name: N, payload: PayloadOf<N>, options: PublishOptions = {}): Promise<void> {
    if (this.hold(name, payload, options)) return;
    const jobOptions = optionsOf(name, payload, options);
    await this.within(name, (queue) => queue.add(name, this.stored(payload), jobOptions));
  }

  /** All of them in one round trip; all or none on Redis and Postgres alike. */
  async publishMany<N extends JobName>(
    name: N,
    payloads: readonly PayloadOf<N>[],
    idOf?: (payload: PayloadOf<N>) => string,
  ): Promise<void> {
    if (payloads.length === 0) return;
    const optionsFor = (payload: PayloadOf<N>): PublishOptions => (idOf === undefined ? {} : { jobId: idOf(payload) });
    if (this.isHolding()) {
      for (const payload of payloads) this.hold(name, payload, optionsFor(payload));
      return;
    }
    const jobs = payloads.map((payload) => ({
      name,
      data: this.stored(payload),
      opts: optionsOf(name, payload, optionsFor(payload)),
    }));
    await this.within(name, (queue) => queue.addBulk(jobs));
  }

  /** Runs work whose jobs are not published but told, for `publishHeld` once their data are committed. */
  async holding<T>(work: () => Promise<T>): Promise<{ result: T; jobs: readonly HeldJob[] }> {
    const holding: Holding = { jobs: [], isOver: false };
    try {
      return { result: await this.held.run(holding, work), jobs: holding.jobs };
    } finally {
      holding.isOver = true;
    }
  }

  /** Rejects when the queue does not take a job, unless that is of best effort: then it is told. */
  async publishHeld(jobs: readonly HeldJob[]): Promise<readonly LeftJob[]> {
    const left: LeftJob[] = [];
    for (const job of jobs) {
      try {
        await this.publish(job.name, job.payload, job.options);
      } catch (error) {
        if (job.options.isBestEffort !== true) throw error;
        left.push({ job, error });
      }
    }
    return left;
  }

  /** Jobs not done yet: waiting, active and delayed. For backpressure and scaling. */
  async depth(queue: QueueName): Promise<number> {
    const counts = await bounded(queue, this.queue(queue).getJobCounts('waiting', 'active', 'delayed', 'prioritized'));
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  }

  /** Resolves when the queue answers; for readiness. */
  async ping(): Promise<void> {
    await this.depth('notify');
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await Promise.all([...this.queues.values()].map((queue) => closeQueue(queue)));
  }

  private hold<N extends JobName>(name: N, payload: PayloadOf<N>, options: PublishOptions): boolean {
    if (!this.isHolding()) return false;
    this.held.getStore()?.jobs.push({ name, payload, options } as HeldJob);
    return true;
  }

  private isHolding(): boolean {
    return this.held.getStore()?.isOver === false;
  }

  private stored<T>(payload: T): T {
    return this.connection.kind === 'postgres' ? storable(payload) : payload;
  }

  private async within(name: JobName, work: (queue: OpenQueue) => Promise<unknown>): Promise<void> {
    const queue = JOBS[name].queue;
    await bounded(queue, work(this.queue(queue)));
  }

  private queue(name: QueueName): OpenQueue {
    if (this.isClosed) throw new TransientError('QUEUE_CLOSED', `Queue ${name} is closed: the service stops`);
    const open = this.queues.get(name) ?? openQueue(this.connection, name);
    this.queues.set(name, open);
    return open;
  }
}

/** What every job carries: its queue's settings, and the correlation id of what published it. */
export function templateOptions(queue: QueueName): JobsOptions {
  const { attempts, keepCompleted, keepFailed } = WORKERS[queue];
  return {
    attempts,
    backoff: { type: 'mistwatch' },
    removeOnComplete: { count: keepCompleted },
    removeOnFail: { count: keepFailed },
  };
}

function optionsOf(name: JobName, payload: object, { jobId, delayMs, priority }: PublishOptions): JobsOptions {
  const own = 'correlationId' in payload && typeof payload.correlationId === 'string' ? payload.correlationId : null;
  return {
    ...templateOptions(JOBS[name].queue),
    telemetry: { metadata: correlationMetadata(own ?? correlationId() ?? randomUUID()) },
    ...(jobId === undefined ? {} : { jobId: checkedId(jobId) }),
    ...(delayMs === undefined ? {} : { delay: Math.max(0, Math.round(delayMs)) }),
    ...(priority === undefined ? {} : { priority }),
  };
}

/** BullMQ refuses ':' in ids and takes an integer for an id of its own; say so before the job is lost in an error of the queue. */
export function checkedId(id: string): string {
  if (id !== '' && !id.includes(':') && !/^\d+$/.test(id)) return id;
  throw new PermanentError(
    'JOB_ID_INVALID',
    `Job id ${JSON.stringify(id)} is refused: it must not be empty, an integer, or contain ':'`,
  );
}

/** Rejects with a `TransientError` when the queue does not answer in time: a publisher must never hang on a queue that went away. */
export async function bounded<T>(queue: QueueName, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PUBLISH_TIMEOUT_MS} ms`)), PUBLISH_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, timeout]);
  } catch (error) {
    throw new TransientError('QUEUE_UNAVAILABLE', `Queue ${queue}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined); // after a time-out the late rejection was reported above
  }
}

const CLOSE_TIMEOUT_MS = 2_000;

/** Closes politely, then by force: a queue that went away must not hold back the stop. */
export async function closeQueue(queue: Pick<OpenQueue, 'close' | 'disconnect'>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), CLOSE_TIMEOUT_MS);
  });
  try {
    if ((await Promise.race([queue.close(), timeout])) === 'late') await queue.disconnect();
  } finally {
    clearTimeout(timer);
  }
}
