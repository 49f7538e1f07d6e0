import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { ApiRole } from '@app/shared';
import { problem } from '../http/problem.js';
import { FOR_SITE_GROUPS, PUBLIC, ROLE, type SiteQuestions } from './access.decorators.js';
import { Callers } from './callers.js';
import { OrgScope, type CallerRequest } from './org-scope.js';
import { isLimited, orgsWith, reaches } from './principal.js';
import { RateLimiter } from './rate-limiter.js';

/** The one door: who calls, how often, what may they do, and whose org is it. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(Callers) private readonly callers: Callers,
    @Inject(RateLimiter) private readonly limiter: RateLimiter,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, targets) === true) return true;
    const request = context.switchToHttp().getRequest<CallerRequest>();
    const proof = await this.callers.proofOf(request, { isUse: true });
    if (proof === null) throw problem('unauthorized');
    const { caller, secret } = proof;
    const waitS = this.limiter.take(caller.id);
    if (waitS > 0) throw problem('rate-limited', { headers: { 'retry-after': String(waitS) } });
    request.caller = caller;
    request.callerSecret = secret;
    const needed = this.reflector.getAllAndOverride<ApiRole | undefined>(ROLE, targets) ?? 'viewer';
    const org = orgParameter(request.params);
    // Of a route without one the handler takes only the organizations in which the role is enough.
    let isEnough = orgsWith(caller, needed).length > 0;
    if (org !== null) {
      // 404, not 403: whether an org exists is nothing a stranger should learn.
      const scope = OrgScope.granted(caller, org);
      if (scope === null) throw problem('not-found');
      request.orgScope = scope;
      isEnough = reaches(scope.role, needed);
    }
    if (!isEnough) throw problem('forbidden', { detail: `This needs the role ${needed}.` });
    if (request.orgScope?.isLimited ?? isLimited(caller))
      refuseMoreThanSites(this.reflector.get<SiteQuestions | undefined>(FOR_SITE_GROUPS, context.getHandler()), request);
    return true;
  }
}

function orgParameter(params: unknown): string | null {
  if (typeof params !== 'object' || params === null || !('org' in params)) return null;
  return typeof params.org === 'string' ? params.org : '';
}

const LIMITED = 'Your key is limited to site groups';

/** Routes that nobody thought about are for whole organizations. */
function refuseMoreThanSites(questions: SiteQuestions | undefined, { query }: CallerRequest): void {
  if (questions === undefined)
    throw problem('forbidden', {
      detail: `${LIMITED}, and this is about more than single sites. Ask an admin for a key without site groups.`,
    });
  for (const [name, values] of Object.entries(questions)) {
    const asked: unknown = query?.[name] ?? '';
    if (!values.some((value) => value === asked))
      throw problem('forbidden', {
        detail: `${LIMITED}: here \`${name}\` must be ${values.filter((value) => value !== '').join(' or ')}. Ask an admin for a key without site groups.`,
      });
  }
}
