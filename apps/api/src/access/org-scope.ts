import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { ApiRole, Database, Row } from '@app/shared';
import { problem } from '../http/problem.js';
import type { Principal } from './principal.js';

/** Proof that the caller may read one org. Only the guard makes one, so no route can forget to ask. */
export class OrgScope {
  private constructor(
    /** Our small key of the org; the first parameter of every query. */
    readonly orgId: number,
    readonly externalId: string,
    /** What the caller may do there. */
    readonly role: ApiRole,
  ) {}

  /** The scope a caller has in an org; `null` when it has none. */
  static granted(caller: Principal, externalId: string): OrgScope | null {
    const org = caller.orgs.find((each) => each.externalId === externalId);
    return org === undefined ? null : new OrgScope(org.id, org.externalId, org.role);
  }
}

export interface CallerRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly params?: unknown;
  caller?: Principal;
  orgScope?: OrgScope;
}

/** The org of the route, already checked against what the caller reaches. */
export const Scope = createParamDecorator((_data: unknown, context: ExecutionContext): OrgScope => {
  const { orgScope } = context.switchToHttp().getRequest<CallerRequest>();
  if (orgScope === undefined) throw problem('not-found');
  return orgScope;
});

/** Who calls. */
export const Caller = createParamDecorator((_data: unknown, context: ExecutionContext): Principal => {
  const { caller } = context.switchToHttp().getRequest<CallerRequest>();
  if (caller === undefined) throw problem('unauthorized');
  return caller;
});

/**
 * Every query of the API goes through here. `$1` is the org of the scope; Postgres refuses a statement that does not use it, so a query that
 * forgets its org fails instead of leaking.
 */
export abstract class ScopedRepository {
  constructor(protected readonly database: Database) {}

  protected rows<R extends Row>(scope: OrgScope, sql: string, values: readonly unknown[] = []): Promise<R[]> {
    return this.database.query<R>(sql, [scope.orgId, ...values]);
  }

  protected async row<R extends Row>(scope: OrgScope, sql: string, values: readonly unknown[] = []): Promise<R | null> {
    return (await this.rows<R>(scope, sql, values))[0] ?? null;
  }
}
