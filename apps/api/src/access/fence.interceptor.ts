import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { fenceAroundNothing, fenced } from '@app/shared';
import type { Observable } from 'rxjs';
import type { CallerRequest } from './org-scope.js';
import { isLimited } from './principal.js';

/** Everything that a route does for a caller who sees some sites only, it does behind the fence around these. The outermost of all. */
@Injectable()
export class FenceInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { orgScope, caller } = context.switchToHttp().getRequest<CallerRequest>();
    if (orgScope !== undefined) return orgScope.inside(() => next.handle());
    // A route of no organization asks for the scope of each that it is about.
    return caller !== undefined && isLimited(caller) ? fenced(fenceAroundNothing(caller.id), () => next.handle()) : next.handle();
  }
}
