import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { authenticateApiKey, CLOCK, Database, type ApiRole, type Clock } from '@app/shared';
import { problem } from '../http/problem.js';
import { FOR_SITE_GROUPS, PUBLIC, ROLE, type SiteQuestions } from './access.decorators.js';
import { OrgScope, type CallerRequest } from './org-scope.js';
import { isLimited, orgsWith, principalOfKey, reaches } from './principal.js';
import { RateLimiter } from './rate-limiter.js';

/** The one door: who calls, how often, what may they do, and whose org is it. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(Database) private readonly database: Database,
    @Inject(RateLimiter) private readonly limiter: RateLimiter,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, targets) === true) return true;
    const request = context.switchToHttp().getRequest<CallerRequest>();
    const sent = sentKey(request);
    const key = sent === null ? null : await authenticateApiKey(this.database, sent, new Date(this.clock.now()));
    if (key === null) throw problem('unauthorized');
    const waitS = this.limiter.take(key.id);
    if (waitS > 0) throw problem('rate-limited', { headers: { 'retry-after': String(waitS) } });
    const caller = principalOfKey(key);
    request.caller = caller;
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

/** The key as it was sent, secret and all. */
export function sentKey({ headers }: Pick<CallerRequest, 'headers'>): string | null {
  const bearer = /^Bearer +(\S+)$/i.exec(typeof headers.authorization === 'string' ? headers.authorization : '');
  if (bearer?.[1] !== undefined) return bearer[1];
  const plain = headers['x-api-key'];
  return typeof plain === 'string' ? plain : null;
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
