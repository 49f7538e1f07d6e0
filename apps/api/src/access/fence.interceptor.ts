import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { CallerRequest } from './org-scope.js';

/** Everything that a route does for a caller who sees some sites only, it does behind the fence around these. The outermost of all. */
@Injectable()
export class FenceInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { orgScope } = context.switchToHttp().getRequest<CallerRequest>();
    return orgScope === undefined ? next.handle() : orgScope.inside(() => next.handle());
  }
}
