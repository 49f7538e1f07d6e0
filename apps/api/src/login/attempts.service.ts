import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, SETTINGS, type Clock, type LoginSettings, type Settings } from '@app/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomNonce, randomPKCECodeVerifier, randomState } from 'openid-client';
import { networkOf } from '../access/address.js';
import { RateLimiter } from '../access/rate-limiter.js';
import { problem } from '../http/problem.js';
import { API_SETTINGS, type ApiSettings } from '../settings.js';
import { ATTEMPT_LIFE_MS, openAttempt, sealAttempt, type LoginAttempt } from './attempt.js';
import { cookieOptions, isState, loginCookie, surplusLogins } from './cookies.js';
import { NOT_SET_UP } from './provider.js';

/** A browser that asks, and the answer to it. */
export interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Logins under way: each in a cookie of its own, so that two tabs do not spoil each other's. */
@Injectable()
export class LoginAttempts {
  private readonly settings: LoginSettings | undefined;
  private readonly limiter: RateLimiter;

  constructor(
    @Inject(SETTINGS) { login }: Pick<Settings, 'login'>,
    @Inject(API_SETTINGS) { loginRateLimit }: ApiSettings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.settings = login;
    this.limiter = new RateLimiter(loginRateLimit, clock);
  }

  /** The settings, for who does not ask too often. */
  admit({ ip }: FastifyRequest): LoginSettings {
    if (this.settings === undefined) throw problem('not-found', { detail: NOT_SET_UP });
    const waitS = this.limiter.take(networkOf(ip));
    if (waitS > 0) throw problem('rate-limited', { headers: { 'retry-after': String(waitS) } });
    return this.settings;
  }

  /** A new one, not yet in the browser. */
  begin(returnTo: string): LoginAttempt {
    return {
      state: randomState(),
      nonce: randomNonce(),
      verifier: randomPKCECodeVerifier(),
      returnTo,
      begunAt: this.clock.now(),
    };
  }

  /** Puts it into the browser. */
  keep(attempt: LoginAttempt, { publicUrl, clientSecret }: LoginSettings, { request, reply }: Exchange): void {
    for (const name of surplusLogins(request.cookies, publicUrl)) void reply.clearCookie(name, cookieOptions(publicUrl, 0));
    const name = loginCookie(attempt.state, publicUrl);
    void reply.setCookie(name, sealAttempt(attempt, clientSecret), cookieOptions(publicUrl, ATTEMPT_LIFE_MS));
  }

  /** What this browser began under a state; used up, whatever comes of it. */
  take(state: string, { publicUrl, clientSecret }: LoginSettings, { request, reply }: Exchange): LoginAttempt {
    const name = loginCookie(state, publicUrl);
    const cookie = isState(state) ? request.cookies[name] : undefined;
    const attempt = cookie === undefined ? null : openAttempt(cookie, clientSecret, this.clock.now());
    if (cookie !== undefined) void reply.clearCookie(name, cookieOptions(publicUrl, 0));
    if (attempt === null)
      throw problem('invalid-request', {
        detail:
          'This login was not begun in this browser, was ended already, or took longer than ten minutes. Begin again at /v1/login.',
      });
    return attempt;
  }
}
