import { Inject, Injectable } from '@nestjs/common';
import { authenticateApiKey, CLOCK, Database, type Clock } from '@app/shared';
import { LoginSessions } from '../login/sessions.service.js';
import type { CallerRequest } from './org-scope.js';
import { principalOfKey, type Proof } from './principal.js';

/** Who calls: an API key or the session of a person. */
@Injectable()
export class Callers {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(LoginSessions) private readonly sessions: LoginSessions,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Who sends a key means it: the session, if there is one, is not looked at. `null` = neither holds. Whether it still does can be asked without
   * using it: an answer that goes on by itself is no sign that anybody sits there.
   */
  async proofOf(request: CallerRequest, { isUse }: { readonly isUse: boolean }): Promise<Proof | null> {
    const secret = sentKey(request);
    if (secret === null) return this.sessions.callerOf(request, isUse);
    const key = await authenticateApiKey(this.database, secret, new Date(this.clock.now()));
    return key === null ? null : { caller: principalOfKey(key), secret };
  }
}

/** The key as it was sent, secret and all. */
export function sentKey({ headers }: Pick<CallerRequest, 'headers'>): string | null {
  const bearer = /^Bearer +(\S+)$/i.exec(typeof headers.authorization === 'string' ? headers.authorization : '');
  if (bearer?.[1] !== undefined) return bearer[1];
  const plain = headers['x-api-key'];
  return typeof plain === 'string' ? plain : null;
}
