import { Inject, Injectable, Logger } from '@nestjs/common';
import { isLoopback, scrubText, SETTINGS, type LoginSettings, type Settings } from '@app/shared';
import * as oidc from 'openid-client';
import { problem, type ProblemException } from '../http/problem.js';
import type { LoginAttempt } from './attempt.js';
import type { Claims } from './claims.js';
import { refusalOf } from './refusal.js';

/** Who the provider says has logged in. */
export interface Identity {
  readonly subject: string;
  readonly claims: Claims;
  readonly idToken: string;
}

export const NOT_SET_UP = 'Login is not set up here; use an API key.';
export const CALLBACK_PATH = '/v1/login/callback';
const TIMEOUT_S = 10;
/** What a provider publishes of itself is read again now and then, as it changes its keys and addresses. */
const METADATA_LIFE_MS = 3_600_000;

/** The OpenID provider: asked when somebody logs in, never before, so that the API lives without it. */
@Injectable()
export class LoginProvider {
  private readonly logger = new Logger('login');
  private readonly settings: LoginSettings | undefined;
  private known: { readonly at: number; readonly configuration: Promise<oidc.Configuration> } | undefined;

  constructor(@Inject(SETTINGS) { login }: Pick<Settings, 'login'>) {
    this.settings = login;
  }

  /** Where the browser goes to log in. */
  async authorizationUrl({ state, nonce, verifier }: Pick<LoginAttempt, 'state' | 'nonce' | 'verifier'>): Promise<string> {
    const { publicUrl, scopes } = this.ours();
    const parameters = {
      redirect_uri: `${publicUrl}${CALLBACK_PATH}`,
      scope: scopes.join(' '),
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    };
    return oidc.buildAuthorizationUrl(await this.configuration(), parameters).href;
  }

  /** Who came back with a code; throws a problem for everything that is not exactly as it was asked. */
  async identify(callback: URL, attempt: LoginAttempt): Promise<Identity> {
    const configuration = await this.configuration();
    try {
      const tokens = await oidc.authorizationCodeGrant(configuration, callback, {
        expectedState: attempt.state,
        expectedNonce: attempt.nonce,
        pkceCodeVerifier: attempt.verifier,
        idTokenExpected: true,
      });
      const own = tokens.claims();
      if (own === undefined || tokens.id_token === undefined) throw problem('unavailable');
      const asked = configuration.serverMetadata().userinfo_endpoint !== undefined;
      const more = asked ? await oidc.fetchUserInfo(configuration, tokens.access_token, own.sub) : {};
      return { subject: own.sub, claims: { ...more, ...own }, idToken: tokens.id_token };
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === null) throw this.away(error);
      this.logger.warn({ message: 'A login was refused', reason: reasonOf(error) });
      throw refusal;
    }
  }

  /** Where the browser goes to log out there too; `null` where the provider has no such place, or does not answer now. */
  async endSessionUrl(idToken: string | null): Promise<string | null> {
    const { publicUrl } = this.ours();
    try {
      const configuration = await this.configuration();
      if (configuration.serverMetadata().end_session_endpoint === undefined) return null;
      const hint: Record<string, string> = idToken === null ? {} : { id_token_hint: idToken };
      return oidc.buildEndSessionUrl(configuration, { ...hint, post_logout_redirect_uri: `${publicUrl}/` }).href;
    } catch (error) {
      this.logger.warn({ message: 'The session ended here, but not at the login provider', reason: reasonOf(error) });
      return null;
    }
  }

  private ours(): LoginSettings {
    if (this.settings === undefined) throw problem('not-found', { detail: NOT_SET_UP });
    return this.settings;
  }

  private async configuration(): Promise<oidc.Configuration> {
    const settings = this.ours();
    const now = performance.now();
    const before = this.known;
    if (before === undefined || now - before.at > METADATA_LIFE_MS) {
      const known = { at: now, configuration: discover(settings) };
      this.known = known;
      // A failure is nothing to remember: the next login asks again.
      known.configuration.catch(() => {
        if (this.known === known) this.known = undefined;
      });
    }
    try {
      return await (this.known as NonNullable<typeof this.known>).configuration;
    } catch (error) {
      throw this.away(error);
    }
  }

  private away(error: unknown): ProblemException {
    this.logger.error({ message: 'The login provider does not answer as it should', reason: reasonOf(error) });
    return problem('unavailable', {
      detail: 'The login provider does not answer as it should. Try again in some seconds; the log says more.',
      headers: { 'retry-after': '5' },
    });
  }
}

function discover({ issuer, clientId, clientSecret }: LoginSettings): Promise<oidc.Configuration> {
  const url = new URL(issuer);
  const isPlain = url.protocol === 'http:' && isLoopback(url);
  return oidc.discovery(url, clientId, {}, clientAuth(clientSecret), {
    timeout: TIMEOUT_S,
    execute: [oidc.enableNonRepudiationChecks, ...(isPlain ? [oidc.allowInsecureRequests] : [])],
  });
}

/** As the standard has it: in the header, unless the provider names other ways only. */
function clientAuth(clientSecret: string): oidc.ClientAuth {
  const [basic, post] = [oidc.ClientSecretBasic(clientSecret), oidc.ClientSecretPost(clientSecret)];
  return (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    (methods.includes('client_secret_basic') ? basic : post)(server, client, body, headers);
  };
}

/** Errors of HTTP hide what matters in their causes. */
function reasonOf(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at instanceof Error && parts.length < 4; at = at.cause) {
    const code = 'code' in at && typeof at.code === 'string' ? ` (${at.code})` : '';
    parts.push(`${at.message}${code}`);
  }
  return scrubText(parts.length === 0 ? String(error) : parts.join(': '));
}
