import { Inject, Injectable } from '@nestjs/common';
import { auditRow, Database, type LoginPerson, type LoginSession, type Queryable } from '@app/shared';
import type { OrgGrant } from '../access/principal.js';
import type { KnownOrg } from './claims.js';

/** Who does something about a session, when, and from where. */
export interface LoginAct {
  readonly at: Date;
  readonly actor: string;
  readonly address: string;
}

/** What the audit log says of logins: in each organization that the person reaches. */
@Injectable()
export class LoginAudit {
  constructor(@Inject(Database) private readonly database: Database) {}

  orgs(db: Queryable): Promise<KnownOrg[]> {
    return db.query<KnownOrg>('select id, external_id as "externalId" from org order by id');
  }

  async write(
    tx: Queryable,
    { session, grants }: { readonly session: LoginSession; readonly grants: readonly OrgGrant[] },
    { at, actor, address, action }: LoginAct & { readonly action: string },
  ): Promise<void> {
    for (const { id, role } of grants)
      await auditRow(tx, id, {
        at,
        actor,
        action,
        subject: `session:${session.id}`,
        details: { name: session.name, role, address },
      });
  }

  /** Of no organization, as the person reaches none. */
  refused({ issuer, subject }: LoginPerson, { at, actor, address }: LoginAct): Promise<void> {
    return auditRow(this.database, null, {
      at,
      actor,
      action: 'login.refuse',
      subject: actor,
      details: { issuer, subject, address },
    });
  }
}
