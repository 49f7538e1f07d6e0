import type { LoggerService } from '@nestjs/common';
import { DelayedError, type Job } from 'bullmq';
import type { JobName, QueueName } from './contracts.js';
import { correlationOf } from './correlation.js';
import type { Failed } from './dispatch.js';
import type { JobFacts } from './job-context.js';

/** What is known of a job before it runs. */
export function factsOf(queue: QueueName, job: Job): Omit<JobFacts, 'signal'> {
  const jobId = job.id ?? '';
  return {
    jobId,
    name: job.name as JobName,
    queue,
    attempt: job.attemptsMade + 1,
    maxAttempts: job.opts.attempts ?? 1,
    enqueuedAtMs: job.timestamp,
    correlationId: correlationOf(job.data, job.opts.telemetry?.metadata, jobId),
  };
}

/** The one line in the log about a failed attempt. */
export function logFailure(logger: LoggerService, facts: JobFacts, { error, code, isPermanent, details }: Failed): void {
  const isFinal = isPermanent || facts.attempt >= facts.maxAttempts;
  const { jobId, name, queue, attempt, maxAttempts } = facts;
  const entry = {
    message: `${name} failed${isFinal ? ' for good' : ''}: ${error.message}`,
    ...{ jobId, job: name, queue, attempt, maxAttempts, code, correlationId: facts.correlationId },
    ...(Object.keys(details).length > 0 ? { details } : {}),
    error,
  };
  if (isFinal) logger.error(entry);
  else logger.warn(entry);
}

interface NotParked {
  readonly job: Job;
  readonly token: string;
  readonly facts: JobFacts;
  readonly error: unknown;
  readonly retryMs: number;
}

/** Keeps a job that could not be parked in the queue, without using up an attempt. */
export async function postpone(logger: LoggerService, { job, token, facts, error, retryMs }: NotParked): Promise<never> {
  const { jobId, queue } = facts;
  logger.error({
    message: `${facts.name} could not be parked; it stays in the queue`,
    jobId,
    queue,
    code: 'JOB_NOT_PARKED',
    error,
  });
  await job.moveToDelayed(Date.now() + retryMs, token);
  throw new DelayedError();
}
