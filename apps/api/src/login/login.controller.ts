import { Controller, Get, Inject, Logger, Query, Req, Res, UseFilters } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../access/access.decorators.js';
import { invalid, problem } from '../http/problem.js';
import { IsPlainText } from '../http/validation.js';
import { LoginAttempts } from './attempts.service.js';
import { cookieOptions, sessionCookie } from './cookies.js';
import { LoginProblemFilter } from './login-problem.filter.js';
import { CALLBACK_PATH, LoginProvider } from './provider.js';
import { ownAddress } from './return-to.js';
import { LoginSessions } from './sessions.service.js';

class LoginQuery {
  /** Path of ours to go to afterwards. */
  @IsOptional()
  @IsPlainText(1_000)
  return_to?: string;
}

const HOUR_MS = 3_600_000;
const REDIRECT = 303;
const WITHOUT_ROLE = 'You are who you say, but no role here is yours. Ask those who run this installation.';

/** The way of a browser to the login provider and back: no calls of a program. */
@ApiExcludeController()
@Public()
@UseFilters(LoginProblemFilter)
@Controller('v1/login')
export class LoginController {
  private readonly logger = new Logger('login');

  constructor(
    @Inject(LoginAttempts) private readonly attempts: LoginAttempts,
    @Inject(LoginProvider) private readonly provider: LoginProvider,
    @Inject(LoginSessions) private readonly sessions: LoginSessions,
  ) {}

  /** To the provider. */
  @Get()
  async login(
    @Query() { return_to: path = '/' }: LoginQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const settings = this.attempts.admit(request);
    const returnTo = ownAddress(path, settings.publicUrl);
    if (returnTo === null) throw invalid('return_to', 'return_to must be a path of ours, such as /sites');
    const attempt = this.attempts.begin(returnTo);
    const url = await this.provider.authorizationUrl(attempt);
    this.attempts.keep(attempt, settings, { request, reply });
    redirect(reply, url);
  }

  /** Where the provider sends the browser back to, with a code. */
  @Get('callback')
  async callback(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const settings = this.attempts.admit(request);
    const { publicUrl, sessionHours } = settings;
    // Not by the `Host` of the request, which anybody may write.
    const callback = new URL(`${publicUrl}${CALLBACK_PATH}${new URL(request.url, publicUrl).search}`);
    const attempt = this.attempts.take(callback.searchParams.get('state') ?? '', settings, { request, reply });
    const identity = await this.provider.identify(callback, attempt);
    const name = sessionCookie(publicUrl);
    const secret = await this.sessions.begin(identity, { address: request.ip, before: request.cookies[name] });
    if (secret === null) {
      void reply.clearCookie(name, cookieOptions(publicUrl, 0));
      this.logger.warn({ message: 'Somebody without any role wanted to log in', subject: identity.subject });
      throw problem('forbidden', { detail: WITHOUT_ROLE });
    }
    void reply.setCookie(name, secret, cookieOptions(publicUrl, sessionHours * HOUR_MS));
    redirect(reply, attempt.returnTo);
  }
}

/** The address of the callback holds a code: no page we lead to is told where the browser came from. */
function redirect(reply: FastifyReply, url: string): void {
  void reply.header('referrer-policy', 'no-referrer').redirect(url, REDIRECT);
}
