import { Catch, Controller, Inject, Injectable, UseFilters, UseInterceptors, UsePipes } from '@nestjs/common';
import type { CallHandler, ExceptionFilter, ExecutionContext, NestInterceptor, PipeTransform } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { EMPTY, tap, type Observable } from 'rxjs';
import {
  CollectKindJob,
  DrainOutboxJob,
  ReconcileSchedulesJob,
  RunBackfillJob,
  SendDueJob,
  SendHeartbeatJob,
  TestChannelJob,
  WatchTicketsJob,
} from './contracts.js';
import { correlationId } from './correlation.js';
import { HandlesJob, Job, JobContext } from './job-context.js';

/** What the handlers saw and what they shall do; each test starts with an empty one. */
export class Scene {
  readonly seen: { name: string; payload: unknown; atMs: number; correlationId: string | null; attempt: number }[] = [];
  readonly intercepted: string[] = [];
  readonly filtered: string[] = [];
  onDrain: (payload: DrainOutboxJob, job: JobContext) => Promise<void> = () => Promise.resolve();

  note(name: string, payload: unknown, job?: JobContext): void {
    this.seen.push({ name, payload, atMs: performance.now(), correlationId: correlationId(), attempt: job?.attempt ?? 0 });
  }
}

export class RefusedByFilter extends Error {}

@Catch(RefusedByFilter)
export class RefusalFilter implements ExceptionFilter {
  constructor(@Inject(Scene) private readonly scene: Scene) {}
  catch(error: Error): Observable<never> {
    this.scene.filtered.push(error.message);
    return EMPTY;
  }
}

@Injectable()
export class NotingInterceptor implements NestInterceptor {
  constructor(@Inject(Scene) private readonly scene: Scene) {}
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { jobId } = context.switchToRpc().getContext<JobContext>();
    return next.handle().pipe(tap({ complete: () => this.scene.intercepted.push(jobId) }));
  }
}

@Injectable()
class UpperCaseKindPipe implements PipeTransform {
  transform(value: unknown): unknown {
    return value instanceof CollectKindJob
      ? Object.assign(new CollectKindJob(), value, { orgId: value.orgId.toUpperCase() })
      : value;
  }
}

@Controller()
export class TestHandlers {
  constructor(@Inject(Scene) private readonly scene: Scene) {}

  @HandlesJob('collect-kind')
  @UsePipes(UpperCaseKindPipe)
  collect(payload: CollectKindJob): Promise<void> {
    this.scene.note('collect-kind', payload);
    return Promise.resolve();
  }

  @HandlesJob('reconcile-schedules')
  reconcile(payload: ReconcileSchedulesJob): Promise<void> {
    this.scene.note('reconcile-schedules', payload);
    return Promise.resolve();
  }

  @HandlesJob('run-backfill')
  runBackfill(payload: RunBackfillJob): Promise<void> {
    this.scene.note('run-backfill', payload);
    return Promise.resolve();
  }

  @HandlesJob('drain-outbox')
  @UseFilters(RefusalFilter)
  @UseInterceptors(NotingInterceptor)
  async drain(@Payload() payload: DrainOutboxJob, @Job() job: JobContext): Promise<void> {
    this.scene.note('drain-outbox', payload, job);
    await this.scene.onDrain(payload, job);
  }

  @HandlesJob('send-due')
  sendDue(payload: SendDueJob): Promise<void> {
    this.scene.note('send-due', payload);
    return Promise.resolve();
  }

  @HandlesJob('test-channel')
  testChannel(payload: TestChannelJob): Promise<void> {
    this.scene.note('test-channel', payload);
    return Promise.resolve();
  }

  @HandlesJob('watch-tickets')
  watchTickets(payload: WatchTicketsJob): Promise<void> {
    this.scene.note('watch-tickets', payload);
    return Promise.resolve();
  }

  @HandlesJob('send-heartbeat')
  sendHeartbeat(payload: SendHeartbeatJob): Promise<void> {
    this.scene.note('send-heartbeat', payload);
    return Promise.resolve();
  }
}

@Controller()
export class SecondDrainHandler {
  @HandlesJob('drain-outbox')
  drain(_payload: DrainOutboxJob): Promise<void> {
    return Promise.resolve();
  }
}

/** Waits for a condition; names it, and tells `detail`, when it does not come true. */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  detail: () => unknown = () => '',
): Promise<void> {
  const deadlineMs = performance.now() + 45_000;
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) throw new Error(`waited in vain until ${what} ${JSON.stringify(await detail())}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
