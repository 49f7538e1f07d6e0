import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { CLOCK, Database, dataRevision, hasOpenFailover, requireOrg, SETTINGS, type Clock, type Settings } from '@app/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { of, tap, type Observable } from 'rxjs';
import type { CallerRequest, OrgScope } from '../access/org-scope.js';
import { CLOSED_PERIOD, closedPeriodOf, hasTag, inWholeDays, type Closed, type ClosedPeriodOptions } from './closed-period.js';
import { strongTag } from './tag.js';

type Request = FastifyRequest & CallerRequest;

/** Asked for again with its ETag, a period that is over costs one look at the revision of its data. */
@Injectable()
export class NotModifiedInterceptor implements NestInterceptor {
  private readonly settings: string;

  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(Database) private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.settings = JSON.stringify(settings);
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const options = this.reflector.get<ClosedPeriodOptions | undefined>(CLOSED_PERIOD, context.getHandler());
    const request = context.switchToHttp().getRequest<Request>();
    // The guard ran before: only who may read the org gets here.
    const scope = request.orgScope;
    // The revision is of the whole organization: it does not tell when a site joins or leaves a group.
    if (options === undefined || scope === undefined || scope.isLimited) return next.handle();
    const tag = await this.tagOf(scope, request, options);
    if (tag === null) return next.handle();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const tagged = (): FastifyReply => reply.header('etag', tag).header('cache-control', 'private, no-cache');
    if (!hasTag(request.headers['if-none-match'], tag)) return next.handle().pipe(tap(tagged));
    tagged().status(304);
    return of(undefined);
  }

  private async periodOf(
    scope: OrgScope,
    request: Request,
    { now, wholeDays }: { now: number; wholeDays: boolean },
  ): Promise<Closed | null> {
    const named = closedPeriodOf(request.query as Record<string, unknown>, now);
    if (named === null || !wholeDays) return named;
    return inWholeDays(named, { zone: (await requireOrg(this.database, scope.externalId)).reportingTimezone, now });
  }

  private async tagOf(
    scope: OrgScope,
    request: Request,
    { failovers, wholeDays = false }: ClosedPeriodOptions,
  ): Promise<string | null> {
    const now = this.clock.now();
    const period = await this.periodOf(scope, request, { now, wholeDays });
    if (period === null) return null;
    const to = new Date(period.to);
    if (failovers === true && (await hasOpenFailover(this.database, scope.orgId, to))) return null;
    const from = period.from === null ? null : new Date(period.from);
    const revision = await dataRevision(this.database, scope.orgId, { from, to, now: new Date(now) });
    return strongTag([scope.orgId, request.url, period.to, revision, this.settings], request.headers);
  }
}
