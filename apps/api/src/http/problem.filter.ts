import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { PermanentError, TransientError } from '@app/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problem, problemBody, ProblemException, slugOfStatus } from './problem.js';

/** Text Postgres cannot store: NUL and half surrogates. The caller's doing, not ours. */
const UNSTORABLE = new Set(['22021', '22P05']);

const codeOf = (error: unknown): string | null =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : null;

function statusOf(error: unknown): number | null {
  if (error instanceof HttpException) return error.getStatus();
  if (typeof error === 'object' && error !== null && 'statusCode' in error && typeof error.statusCode === 'number')
    return error.statusCode;
  return null;
}

/** What the caller is told about an error; nothing of the inside gets out. */
export function problemOf(error: unknown): ProblemException {
  if (error instanceof ProblemException) return error;
  if (error instanceof TransientError) {
    const seconds = Math.ceil((error.retryAfterMs ?? 5_000) / 1000);
    return problem('unavailable', { headers: { 'retry-after': String(seconds) } });
  }
  if (error instanceof PermanentError && error.code === 'ORG_UNKNOWN') return problem('not-found');
  if (UNSTORABLE.has(codeOf(error) ?? ''))
    return problem('invalid-request', { detail: 'A text holds a character that cannot be stored.' });
  const status = statusOf(error);
  if (status === null || status >= 500) return problem('internal');
  return problem(slugOfStatus(status), status === 404 || !(error instanceof Error) ? {} : { detail: error.message });
}

/** Answers an error as problem+json. */
export function sendProblem(error: unknown, reply: FastifyReply): void {
  const { slug, details } = problemOf(error);
  const body = problemBody(slug, details);
  // What the route said of its answer does not hold for an error.
  void reply
    .removeHeader('etag')
    .header('cache-control', 'no-store')
    .status(body.status)
    .headers({ ...details.headers, ...(body.status === 401 ? { 'www-authenticate': 'Bearer realm="mistwatch"' } : {}) })
    .type('application/problem+json')
    .send(JSON.stringify(body));
}

/** The last stop of every error of a route. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('api');

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    if (problemOf(error).getStatus() >= 500) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.logger.error({ message: 'Request failed', method: request.method, path: request.url.split('?')[0], reason });
    }
    this.answer(error, request, http.getResponse<FastifyReply>());
  }

  protected answer(error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
    sendProblem(error, reply);
  }
}
