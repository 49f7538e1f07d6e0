import { Catch, type ExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';

/**
 * Lets a handler's error reach the dispatcher as it is: without it, Nest replaces everything but `RpcException` by "Internal server error",
 * and the difference between permanent and transient is lost. Filters of controllers and methods come first.
 */
@Catch()
export class JobErrorFilter implements ExceptionFilter {
  catch(exception: unknown): Observable<never> {
    return throwError(() => exception);
  }
}
