import { Catch } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { escaped, PAGE_HEADERS, renderContent } from '../http/page.js';
import { problemOf, ProblemFilter, sendProblem } from '../http/problem.filter.js';
import { PROBLEMS, type ProblemException } from '../http/problem.js';

/** A browser on its way to log in shows a page, not JSON, when it cannot go on. */
@Catch()
export class LoginProblemFilter extends ProblemFilter {
  protected override answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    if (request.headers.accept?.includes('text/html') !== true) return sendProblem(error, reply);
    const { slug, details } = problemOf(error);
    void reply
      .status(PROBLEMS[slug].status)
      .headers({ ...details.headers, ...PAGE_HEADERS })
      .send(renderContent({ heading: 'You are not logged in', tone: 'none', body: bodyOf({ slug, details }) }));
  }
}

function bodyOf({ slug, details }: Pick<ProblemException, 'slug' | 'details'>): string {
  const reasons = [details.detail ?? PROBLEMS[slug].title, ...(details.errors ?? []).map(({ message }) => message)];
  const told = reasons.map((reason) => `<p>${escaped(reason)}</p>`).join('\n');
  return slug === 'not-found' ? told : `${told}\n<p><a href="/v1/login">Log in again</a></p>`;
}
