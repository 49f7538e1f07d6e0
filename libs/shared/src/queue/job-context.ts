import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { BaseRpcContext, EventPattern } from '@nestjs/microservices';
import type { JobName, PayloadOf, QueueName } from './contracts.js';

export interface JobFacts {
  readonly jobId: string;
  readonly name: JobName;
  readonly queue: QueueName;
  /** 1 for the first. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly enqueuedAtMs: number;
  readonly correlationId: string;
  /** Aborts when the process stops and the job is handed back; a long handler listens to it. */
  readonly signal: AbortSignal;
}

/** What a handler may know about its job beside the payload. */
export class JobContext extends BaseRpcContext<[JobFacts]> {
  get facts(): JobFacts {
    return this.args[0];
  }
  get jobId(): string {
    return this.facts.jobId;
  }
  get attempt(): number {
    return this.facts.attempt;
  }
  get isLastAttempt(): boolean {
    return this.facts.attempt >= this.facts.maxAttempts;
  }
  get correlationId(): string {
    return this.facts.correlationId;
  }
  get signal(): AbortSignal {
    return this.facts.signal;
  }
}

/** Parameter decorator: the `JobContext`. A handler that uses it marks its payload with `@Payload()`. */
export const Job = createParamDecorator((_: undefined, context: ExecutionContext) =>
  context.switchToRpc().getContext<JobContext>(),
);

/** Transport of the job handlers, so that other transports of the same application do not register them. */
export const JOB_TRANSPORT = Symbol('bullmq');

type JobHandler<N extends JobName> = (payload: PayloadOf<N>, job: JobContext) => Promise<unknown>;

/** Marks a controller's method as the one handler of a job; payload and name must agree. */
export function HandlesJob<N extends JobName>(name: N) {
  return <H extends JobHandler<N>>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<H>): void => {
    EventPattern<string>(name, JOB_TRANSPORT)(target, key, descriptor);
  };
}
