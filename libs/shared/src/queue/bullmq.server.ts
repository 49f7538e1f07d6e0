import { Logger } from '@nestjs/common';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { WaitingError, type Job, type WorkerOptions } from 'bullmq';
import { lastValueFrom, type Observable } from 'rxjs';
import { scrubText } from '../config/redact.js';
import { PermanentError } from '../errors.js';
import { openWorker, type OpenWorker, type QueueConnection } from './connection.js';
import type { QueueName } from './contracts.js';
import { withCorrelation } from './correlation.js';
import type { DeadJob, DeadJobStore } from './dead-job.store.js';
import { classify, isJobName, jobsOn, readPayload, retryDelayMs, toQueueError } from './dispatch.js';
import { factsOf, logFailure, postpone } from './failures.js';
import { JOB_TRANSPORT, JobContext, type JobFacts } from './job-context.js';
import { RunningJobs } from './running-jobs.js';
import { WORKERS } from './workers.js';

export interface BullMqServerOptions {
  readonly connection: QueueConnection;
  readonly queues: readonly QueueName[];
  /** Where jobs go that failed for good. */
  readonly deadJobs: DeadJobStore;
  /** Overrides of the settings in `workers.ts`. */
  readonly concurrency?: Partial<Record<QueueName, number>>;
  /** How long a stop waits for running jobs before it hands them back. */
  readonly gracePeriodMs?: number;
  /** Wait before a job that could not be parked is looked at again. */
  readonly parkRetryMs?: number;
  /** Told of every parked job, for metrics and alerts. */
  readonly onParked?: (job: DeadJob) => void;
  /** Epoch ms for `failedAt`. */
  readonly now?: () => number;
}

// A type, because Nest wants an index signature, which an interface has not.
type ServerEvents = { error: (error: Error) => void };

const DEFAULT_GRACE_MS = 20_000;
const PARK_RETRY_MS = 15_000;
const FORCED_CLOSE_MS = 2_000;

/** Nest transport over BullMQ: one worker per queue, one handler per job; pipes, filters and interceptors work as they do on HTTP. */
export class BullMqServer extends Server<ServerEvents> implements CustomTransportStrategy {
  override readonly transportId = JOB_TRANSPORT;
  /** The dispatcher sees every failure, so Nest need not log it too. */
  override readonly propagatesEventHandlerErrors = true;
  protected override readonly logger = new Logger('queue');
  private readonly workers = new Map<QueueName, OpenWorker>();
  private readonly running = new RunningJobs();
  private readonly parkedHere = new WeakSet<Job>();
  private closing: Promise<void> | undefined;

  constructor(private readonly options: BullMqServerOptions) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    this.start().then(
      () => callback(),
      (error: unknown) => callback(error),
    );
  }

  /** Stops taking jobs, lets the running ones finish within the grace period and hands back the rest. */
  close(): Promise<void> {
    this.closing ??= this.stop();
    return this.closing;
  }

  override on<E extends 'error', L extends ServerEvents[E]>(event: E, listener: L): void {
    for (const worker of this.workers.values()) worker.on(event, listener);
  }

  override unwrap<T>(): T {
    return this.workers as T;
  }

  /** Resolves when every worker is connected; for readiness. */
  async ready(): Promise<void> {
    await Promise.all([...this.workers.values()].map((worker) => worker.waitUntilReady()));
  }

  private async start(): Promise<void> {
    this.checkHandlers();
    for (const name of this.options.queues) {
      const worker = openWorker(this.options.connection, {
        name,
        process: (job, token) => this.process(name, job, token ?? ''),
        options: this.workerOptions(name),
      });
      // Final failures that never reach `process`: a job taken over too often from processes that died.
      worker.on('failed', (job, error) => {
        if (job !== undefined && job.finishedOn !== undefined && !this.parkedHere.has(job)) void this.parkLate(name, job, error);
      });
      this.workers.set(name, worker);
    }
    await this.ready();
  }

  private workerOptions(name: QueueName): Omit<WorkerOptions, 'connection'> & { concurrency: number } {
    const settings = WORKERS[name];
    return {
      concurrency: this.options.concurrency?.[name] ?? settings.concurrency,
      lockDuration: settings.lockDurationMs,
      stalledInterval: settings.stalledCheckMs,
      maxStalledCount: settings.maxTakeovers,
      // Retries after a lost connection; the default of 15 s would hold back a queue that is long back.
      runRetryDelay: 1_000,
      drainDelay: 5,
      settings: { backoffStrategy: (attemptsMade, _type, error) => retryDelayMs(name, attemptsMade, originalOf(error)) },
    };
  }

  private checkHandlers(): void {
    const faults = this.options.queues.flatMap(jobsOn).flatMap((name) => {
      const handler = this.messageHandlers.get(name);
      if (handler === undefined) return [`job ${name} has no handler`];
      return handler.next === undefined ? [] : [`job ${name} has two handlers`];
    });
    const unknown = [...this.messageHandlers.keys()]
      .filter((name) => !isJobName(name))
      .map((name) => `handler for unknown job ${name}`);
    if (faults.length + unknown.length === 0) return;
    throw new PermanentError(
      'JOB_HANDLERS_INVALID',
      `Cannot serve ${this.options.queues.join(', ')}: ${[...faults, ...unknown].join('; ')}`,
    );
  }

  private async process(queue: QueueName, job: Job, token: string): Promise<void> {
    // A fetch that was under way when the stop began may still bring a job.
    if (this.closing !== undefined) {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    const facts = factsOf(queue, job);
    const outcome = await this.running.track(job, token, (signal) =>
      withCorrelation(facts.correlationId, () => this.attempt(job, token, { ...facts, signal })),
    );
    if (outcome === null) throw new WaitingError();
  }

  /** One attempt at a job: calls the handler, translates and logs its failure, once. */
  private async attempt(job: Job, token: string, facts: JobFacts): Promise<void> {
    try {
      await this.handle(job, facts);
    } catch (thrown) {
      const failed = classify(thrown);
      if (facts.signal.aborted) return; // handed back already; whoever takes it starts anew
      logFailure(this.logger, facts, failed);
      if (failed.isPermanent || facts.attempt >= facts.maxAttempts) await this.parkOrPostpone(job, token, facts, failed);
      throw toQueueError(failed);
    }
  }

  private async handle(job: Job, facts: JobFacts): Promise<void> {
    const handler: MessageHandler | undefined = this.messageHandlers.get(job.name);
    if (!isJobName(job.name) || handler === undefined) {
      throw new PermanentError(
        'JOB_UNKNOWN',
        `No handler for a job named ${JSON.stringify(job.name)}: was it put there by another version?`,
      );
    }
    const payload = readPayload(job.name, job.data);
    const result = (await handler(payload, new JobContext([facts]))) as Observable<unknown> | Promise<unknown>;
    await lastValueFrom(this.transformToObservable(result), { defaultValue: undefined });
  }

  /** A job leaves the queue for good only when its row in `dead_job` is written; until then it comes back. */
  private async parkOrPostpone(job: Job, token: string, facts: JobFacts, failed: ReturnType<typeof classify>): Promise<void> {
    try {
      await this.park({ job, queue: facts.queue, reason: failed.error.message, code: failed.code, attempts: facts.attempt });
    } catch (error) {
      await postpone(this.logger, { job, token, facts, error, retryMs: this.options.parkRetryMs ?? PARK_RETRY_MS });
    }
  }

  private async parkLate(queue: QueueName, job: Job, error: Error): Promise<void> {
    try {
      await this.park({ job, queue, reason: error.message, code: 'JOB_TAKEN_OVER_TOO_OFTEN', attempts: job.attemptsStarted });
    } catch (parkError) {
      // The queue has let go of the job: this line is the last that knows it.
      this.logger.error({
        message: `Job ${job.id} (${job.name}) is lost: ${error.message}; parking failed`,
        error: parkError,
        payload: job.data as unknown,
      });
    }
  }

  private async park(failed: {
    job: Job;
    queue: QueueName;
    reason: string;
    code: string | null;
    attempts: number;
  }): Promise<void> {
    const { job, ...rest } = failed;
    const failedAt = new Date((this.options.now ?? Date.now)());
    const dead: DeadJob = {
      ...rest,
      reason: scrubText(rest.reason),
      name: job.name,
      jobId: job.id ?? '',
      payload: job.data as unknown,
      failedAt,
    };
    await this.options.deadJobs.park(dead);
    this.parkedHere.add(job);
    this.options.onParked?.(dead);
  }

  private async stop(): Promise<void> {
    const workers = [...this.workers.values()];
    await Promise.all(workers.map((worker) => worker.pause(true)));
    if (!(await this.running.drained(this.options.gracePeriodMs ?? DEFAULT_GRACE_MS))) await this.handBack();
    await Promise.all(workers.map((worker) => closeWorker(worker)));
  }

  private async handBack(): Promise<void> {
    try {
      const ids = await this.running.handBack();
      this.logger.warn({ message: `Handed back ${ids.length} job(s) that did not finish within the grace period`, jobIds: ids });
    } catch (error) {
      this.logger.error({
        message: 'A running job could not be handed back; another process takes it when its lock runs out',
        error,
      });
    }
  }
}

/** The error as thrown by the handler, where the one for the queue wraps it. */
const originalOf = (error: Error | undefined): unknown => (error?.cause instanceof PermanentError ? error.cause : error);

async function closeWorker(worker: OpenWorker): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), FORCED_CLOSE_MS);
  });
  const closed = worker.close();
  try {
    if ((await Promise.race([closed, late])) === 'late') await worker.disconnect();
  } finally {
    clearTimeout(timer);
  }
}
