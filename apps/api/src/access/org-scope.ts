import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { fenced, fenceNow, type ApiRole, type Database, type Fence, type Row } from '@app/shared';
import { problem } from '../http/problem.js';
import type { OrgGrant, Principal } from './principal.js';

/** Proof that the caller may read one org. Only the guard makes one, so no route can forget to ask. */
export class OrgScope {
  readonly externalId: string;
  /** What the caller may do there. */
  readonly role: ApiRole;
  private readonly fence: Fence | null;

  private constructor(
    private readonly grant: OrgGrant,
    callerId: string,
  ) {
    this.externalId = grant.externalId;
    this.role = grant.role;
    this.fence = grant.siteGroups === null ? null : { orgId: grant.id, siteGroups: grant.siteGroups, callerId };
  }

  /** Our small key of the org; the first parameter of every query. Who sees some sites only learns it behind the fence around these. */
  get orgId(): number {
    if (this.fence !== null && fenceNow() !== this.fence)
      throw new Error('A caller that is limited to site groups asks outside of its fence.');
    return this.grant.id;
  }

  /** Whether the caller sees only the sites of some site groups. */
  get isLimited(): boolean {
    return this.fence !== null;
  }

  /** Equal for all who see the same sites, whoever they are. */
  get sight(): string {
    return JSON.stringify([this.grant.id, this.grant.siteGroups]);
  }

  /** Does some work with what the caller may see: behind the fence, if there is one. */
  inside<T>(work: () => T): T {
    return this.fence === null ? work() : fenced(this.fence, work);
  }

  /** The scope a caller has in an org; `null` when it has none. */
  static granted(caller: Principal, externalId: string): OrgScope | null {
    const org = caller.orgs.find((each) => each.externalId === externalId);
    return org === undefined ? null : new OrgScope(org, caller.id);
  }
}

export interface CallerRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly params?: unknown;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly method: string;
  readonly cookies?: Readonly<Record<string, string | undefined>>;
  caller?: Principal;
  /** What the caller proved it with; encrypts what is kept for it. */
  callerSecret?: string;
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
