import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  auditRow,
  auditRows,
  CLOCK,
  Database,
  type Clock,
  type LoginPerson,
  type LoginSession,
  type Queryable,
} from '@app/shared';
import type { OrgGrant } from '../access/principal.js';
import { API_SETTINGS, type ApiSettings } from '../settings.js';
import { SharedReading } from '../sites/shared-reading.js';
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
  private readonly logger = new Logger('login');
  private readonly kept: SharedReading<'all', KnownOrg[]>;

  constructor(@Inject(Database) database: Database, @Inject(CLOCK) clock: Clock, @Inject(API_SETTINGS) { state }: ApiSettings) {
    this.kept = new SharedReading({
      read: () => this.orgs(database),
      now: () => clock.now(),
      ...state,
      onError: (error) => this.logger.warn({ message: 'Organizations could not be read; those of before are shown', error }),
    });
  }

  orgs(db: Queryable): Promise<KnownOrg[]> {
    return db.query<KnownOrg>('select id, external_id as "externalId" from org order by id');
  }

  /** For what every request by a session asks: some seconds old at most, and there are seldom new ones. */
  keptOrgs(): Promise<KnownOrg[]> {
    return this.kept.get('all');
  }

  async write(
    tx: Queryable,
    { session, grants }: { readonly session: LoginSession; readonly grants: readonly OrgGrant[] },
    { at, actor, address, action }: LoginAct & { readonly action: string },
  ): Promise<void> {
    const entry = { at, actor, action, subject: `session:${session.id}` };
    await auditRows(
      tx,
      grants.map(({ id, role }) => ({ orgId: id, ...entry, details: { name: session.name, role, address } })),
    );
  }

  /** Of no organization, as the person reaches none. */
  refused(tx: Queryable, { issuer, subject }: LoginPerson, { at, actor, address }: LoginAct): Promise<void> {
    return auditRow(tx, null, {
      at,
      actor,
      action: 'login.refuse',
      subject: actor,
      details: { issuer, subject, address },
    });
  }
}
