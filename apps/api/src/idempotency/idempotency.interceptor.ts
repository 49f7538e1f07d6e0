import { createHash } from 'node:crypto';
import {
  applyDecorators,
  Inject,
  Injectable,
  Logger,
  SetMetadata,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiExtension } from '@nestjs/swagger';
import { Database, JobPublisher, type HeldJob } from '@app/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { lastValueFrom, of, type Observable } from 'rxjs';
import type { CallerRequest } from '../access/org-scope.js';
import { seal, unseal } from '../access/seal.js';
import { invalid, problem } from '../http/problem.js';
import { IdempotentAnswers, type Attempt, type Claim } from './answers.repository.js';

const HEADER = 'idempotency-key';
const SEALED_FOR = 'idempotent answer';
const KEY = /^[\x21-\x7e]{1,255}$/;
const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

const CHANGES_NOTHING = 'http:changes-nothing';
/** How the document says the same. */
export const CHANGES_NOTHING_EXTENSION = 'x-changes-nothing';
/** A POST that only asks: it may be sent again anyway, and takes too long for a transaction. */
export const ChangesNothing = (): MethodDecorator =>
  applyDecorators(SetMetadata(CHANGES_NOTHING, true), ApiExtension(CHANGES_NOTHING_EXTENSION, true));

type Request = FastifyRequest & CallerRequest;

interface Outcome {
  readonly body: string;
  readonly jobs: readonly HeldJob[] | null;
  readonly isReplayed: boolean;
}

/** A change that is sent again with the same `Idempotency-Key` is answered as it was, not made again. For every route that changes something. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  private readonly logger = new Logger('idempotency');

  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(Database) private readonly database: Database,
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    @Inject(IdempotentAnswers) private readonly answers: IdempotentAnswers,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<Request>();
    const sent = request.headers[HEADER];
    const changes = !READS.has(request.method) && this.reflector.get<boolean>(CHANGES_NOTHING, context.getHandler()) !== true;
    const { caller, callerSecret: secret } = request;
    if (sent === undefined || !changes || caller === undefined || secret === undefined) return next.handle();
    if (typeof sent !== 'string' || !KEY.test(sent))
      throw invalid('Idempotency-Key', 'Idempotency-Key must be 1 to 255 printable ASCII characters without spaces');
    const attempt: Attempt = {
      callerId: caller.id,
      route: `${request.method} ${request.routeOptions.url ?? request.url}`,
      key: sent,
      requestHash: createHash('sha256')
        .update(JSON.stringify([request.url, request.body ?? null]))
        .digest(),
    };
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const { body, jobs, isReplayed } = await this.once(attempt, { reply, secret, work: () => lastValueFrom(next.handle()) });
    await this.publish(attempt, jobs);
    if (isReplayed) reply.header('idempotent-replayed', 'true');
    return of(body === '' ? undefined : (JSON.parse(body) as unknown));
  }

  /** The change, its answer and the jobs it asks for are committed together: after a crash either all is there or nothing. */
  private once(
    attempt: Attempt,
    { reply, secret, work }: { reply: FastifyReply; secret: string; work: () => Promise<unknown> },
  ): Promise<Outcome> {
    return this.database.atomically(async () => {
      const claim = await this.answers.claim(attempt);
      if (claim.is === 'answered') {
        reply.status(claim.answer.status);
        return { body: unseal(claim.answer.body, secret, SEALED_FOR), jobs: claim.answer.jobs, isReplayed: true };
      }
      if (claim.is !== 'new') throw refusal(claim);
      const { result, jobs } = await this.publisher.holding(work);
      const body = result === undefined ? '' : JSON.stringify(result);
      await this.answers.store(attempt, { status: reply.statusCode, body: seal(body, secret, SEALED_FOR), jobs });
      return { body, jobs: jobs.length === 0 ? null : jobs, isReplayed: false };
    });
  }

  /** Not confirmed, they are published again when the caller asks again. */
  private async publish(attempt: Attempt, jobs: readonly HeldJob[] | null): Promise<void> {
    if (jobs === null) return;
    const left = await this.publisher.publishHeld(jobs);
    for (const { job, error } of left)
      this.logger.warn({ message: `What ${job.name} is for happens later: the queue does not answer`, error });
    if (left.length < jobs.length)
      await this.answers.confirmPublished(
        attempt,
        left.map(({ job }) => job),
      );
  }
}

function refusal(claim: Exclude<Claim, { is: 'new' | 'answered' }>): Error {
  if (claim.is === 'other-request') return problem('idempotency-key-reused');
  return problem('conflict', { detail: 'The same request is under way.', headers: { 'retry-after': '1' } });
}
