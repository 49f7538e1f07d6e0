import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  CLOCK,
  Database,
  endLoginSessions,
  findLoginSession,
  listLoginSessions,
  sealedIdTokenOf,
  SETTINGS,
  storeLoginSession,
  touchLoginSession,
  type Clock,
  type LiveAt,
  type LoginPerson,
  type LoginSession,
  type LoginSettings,
  type Queryable,
  type Settings,
} from '@app/shared';
import type { CallerRequest } from '../access/org-scope.js';
import type { OrgGrant, PersonSession, Principal, Proof } from '../access/principal.js';
import { seal, unseal } from '../access/seal.js';
import { problem } from '../http/problem.js';
import { emailOf, grantsOf, keptClaims, nameOf, personActor, trustedClaims } from './claims.js';
import { sessionCookie } from './cookies.js';
import { LoginAudit, type LoginAct } from './login-audit.js';
import { isFromOwnPage, OWN_PAGE_HEADER, OWN_PAGE_VALUE } from './own-page.js';
import { NOT_SET_UP, type Identity } from './provider.js';

const SECRET_BYTES = 32;
const SECRET = /^[A-Za-z0-9_-]{43}$/;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const READS = new Set(['GET', 'HEAD', 'OPTIONS']);
const ID_TOKEN = 'id token';

/** A session and what its person may do now. */
export interface ShownSession {
  readonly session: LoginSession;
  readonly grants: readonly OrgGrant[];
}

/** Sessions of people. What they may do is told by the configuration of now, not by that of their login. */
@Injectable()
export class LoginSessions {
  private readonly settings: LoginSettings | undefined;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(LoginAudit) private readonly audit: LoginAudit,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) { login }: Pick<Settings, 'login'>,
  ) {
    this.settings = login;
  }

  /** Who calls with a session; `null` = nobody whose session holds. */
  async callerOf(request: CallerRequest, isUse: boolean): Promise<Proof | null> {
    const { settings } = this;
    const secret = settings === undefined ? undefined : request.cookies?.[sessionCookie(settings.publicUrl)];
    if (settings === undefined || secret === undefined || !SECRET.test(secret)) return null;
    if (!READS.has(request.method) && !isFromOwnPage(request.headers, settings.publicUrl))
      throw problem('forbidden', {
        detail: `A change by a session needs the header ${OWN_PAGE_HEADER}: ${OWN_PAGE_VALUE}, from a page of ${settings.publicUrl}.`,
      });
    const session = await findLoginSession(this.database, secret, this.live(settings));
    const orgs = session === null ? [] : grantsOf(session.claims, settings.roles, await this.audit.keptOrgs());
    if (session === null || orgs.length === 0) return null;
    const lastUsedAt = isUse ? await touchLoginSession(this.database, session, new Date(this.clock.now())) : session.lastUsedAt;
    return { secret, caller: principalOf({ ...session, lastUsedAt }, orgs, settings) };
  }

  /**
   * A new session of who logged in; `null` = the person may do nothing here. The one the browser had ends in both cases: somebody else may sit
   * there now.
   */
  async begin(
    identity: Identity,
    { address, before }: { readonly address: string; readonly before: string | undefined },
  ): Promise<string | null> {
    const settings = this.required();
    const { issuer, roles, sessionHours } = settings;
    const claims = trustedClaims(identity.claims);
    const person = { issuer, subject: identity.subject, name: nameOf(claims, identity.subject), email: emailOf(claims) };
    const act: LoginAct = { at: new Date(this.clock.now()), actor: personActor(person), address };
    const grants = grantsOf(claims, roles, await this.audit.orgs(this.database));
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    return this.database.transaction(async (tx) => {
      if (before !== undefined && SECRET.test(before)) await this.endBefore(tx, before, address);
      if (grants.length === 0) {
        await this.audit.refused(tx, person, act);
        return null;
      }
      const session = await storeLoginSession(tx, {
        ...person,
        claims: keptClaims(claims, roles),
        secret,
        sealedIdToken: seal(identity.idToken, secret, ID_TOKEN),
        expiresAt: new Date(act.at.getTime() + sessionHours * HOUR_MS),
        now: act.at,
      });
      await this.audit.write(tx, { session, grants }, { ...act, action: 'login' });
      return secret;
    });
  }

  /** Sessions that hold and may do something, with what that is. */
  async list(): Promise<ShownSession[]> {
    const { settings } = this;
    if (settings === undefined) return [];
    const [sessions, orgs] = await Promise.all([listLoginSessions(this.database, this.live(settings)), this.audit.keptOrgs()]);
    return sessions
      .map((session) => ({ session, grants: grantsOf(session.claims, settings.roles, orgs) }))
      .filter(({ grants }) => grants.length > 0);
  }

  /** Ends one session, or all of a person, at once. */
  async end(
    which: { readonly id: string } | LoginPerson,
    act: Omit<LoginAct, 'at'> & { readonly action: string },
  ): Promise<void> {
    await this.database.transaction((tx) => this.endIn(tx, which, { ...act, at: new Date(this.clock.now()) }));
  }

  /** The provider's own token of a session, for which its secret is needed. */
  async idTokenOf(id: string, secret: string): Promise<string | null> {
    const sealed = await sealedIdTokenOf(this.database, id);
    return sealed === null ? null : unseal(sealed, secret, ID_TOKEN);
  }

  private async endBefore(tx: Queryable, before: string, address: string): Promise<void> {
    const used = await findLoginSession(tx, before, this.live(this.required()));
    if (used === null) return;
    const act = { at: new Date(this.clock.now()), actor: personActor(used), address, action: 'logout' };
    await this.endIn(tx, { id: used.id }, act);
  }

  private async endIn(
    tx: Queryable,
    which: { readonly id: string } | LoginPerson,
    act: LoginAct & { readonly action: string },
  ): Promise<void> {
    const ended = await endLoginSessions(tx, which, act.at);
    const orgs = await this.audit.orgs(tx);
    for (const session of ended) {
      const grants = grantsOf(session.claims, this.required().roles, orgs);
      await this.audit.write(tx, { session, grants }, act);
    }
  }

  private required(): LoginSettings {
    if (this.settings === undefined) throw problem('not-found', { detail: NOT_SET_UP });
    return this.settings;
  }

  private live({ issuer, sessionHours, idleMinutes }: LoginSettings): LiveAt {
    const now = this.clock.now();
    return {
      issuer,
      now: new Date(now),
      begunAfter: new Date(now - sessionHours * HOUR_MS),
      usedAfter: new Date(now - idleMinutes * MINUTE_MS),
    };
  }
}

function principalOf(session: LoginSession, orgs: readonly OrgGrant[], settings: LoginSettings): Principal {
  const { id, issuer, subject, email, name, createdAt, expiresAt, lastUsedAt } = session;
  const endsAt = Math.min(expiresAt.getTime(), createdAt.getTime() + settings.sessionHours * HOUR_MS);
  const times: PersonSession = {
    person: { issuer, subject },
    email,
    endsAt: new Date(endsAt),
    idleEndsAt: new Date(Math.min(endsAt, lastUsedAt.getTime() + settings.idleMinutes * MINUTE_MS)),
  };
  return { id, actor: personActor(session), name, orgs, session: times };
}
