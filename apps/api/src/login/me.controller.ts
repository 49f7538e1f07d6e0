import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { SETTINGS, type Settings } from '@app/shared';
import { IsBoolean, IsOptional } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ForSiteGroups, NeedsRole } from '../access/access.decorators.js';
import { Caller, type CallerRequest } from '../access/org-scope.js';
import { orgsWith, type OrgGrant, type Principal } from '../access/principal.js';
import { Answers, AnswersPage, nullOr, orNull, timeOf } from '../http/answers.js';
import { problem } from '../http/problem.js';
import { personActor } from './claims.js';
import { cookieOptions, sessionCookie } from './cookies.js';
import { LoginProvider } from './provider.js';
import { LoginSessions, type ShownSession } from './sessions.service.js';

class LogoutBody {
  @ApiPropertyOptional({ description: 'All sessions of the person, on every device.', type: Boolean, default: false })
  @IsOptional()
  @IsBoolean()
  everywhere?: boolean;
}

const grantJson = ({ externalId, role, siteGroups }: OrgGrant) => ({ id: externalId, role, site_groups: siteGroups });

const sessionJson = (shown: ShownSession, visible: ReadonlySet<number>, currentId: string) => {
  const { id, name, email, createdAt, lastUsedAt, expiresAt } = shown.session;
  return {
    id,
    actor: personActor(shown.session),
    name,
    email,
    orgs: shown.grants.filter((grant) => visible.has(grant.id)).map(grantJson),
    created_at: timeOf(createdAt),
    last_used_at: timeOf(lastUsedAt),
    expires_at: timeOf(expiresAt),
    is_current: id === currentId,
  };
};

const ORGS_EXAMPLE = [{ id: 'org-1', role: 'operator', site_groups: nullOr(['sitegroup-1']) }];
const SESSION_EXAMPLE = {
  id: '0123456789abcdef',
  actor: 'user:sam@example.com',
  name: 'Sam Alder',
  email: orNull('sam@example.com'),
  orgs: ORGS_EXAMPLE,
  created_at: '2026-03-01T08:00:00Z',
  last_used_at: '2026-03-01T12:00:00Z',
  expires_at: '2026-03-01T20:00:00Z',
  is_current: true,
};

/** Who calls, and sessions of people. */
@ApiTags('people')
@Controller('v1')
export class MeController {
  constructor(
    @Inject(LoginSessions) private readonly sessions: LoginSessions,
    @Inject(LoginProvider) private readonly provider: LoginProvider,
    @Inject(SETTINGS) private readonly settings: Pick<Settings, 'login'>,
  ) {}

  @Get('me')
  @ForSiteGroups()
  @ApiOperation({ summary: 'Who calls, and what that caller may do where' })
  @Answers('The key or the person; `session` is null for a key.', {
    kind: 'person',
    actor: 'user:sam@example.com',
    name: 'Sam Alder',
    email: orNull('sam@example.com'),
    orgs: ORGS_EXAMPLE,
    session: orNull({ id: '0123456789abcdef', expires_at: '2026-03-01T20:00:00Z', idle_ends_at: '2026-03-01T13:00:00Z' }),
  })
  me(@Caller() { id, actor, name, orgs, session }: Principal) {
    return {
      kind: session === null ? 'key' : 'person',
      actor,
      name,
      email: session?.email ?? null,
      orgs: orgs.map(grantJson),
      session: session === null ? null : { id, expires_at: timeOf(session.endsAt), idle_ends_at: timeOf(session.idleEndsAt) },
    };
  }

  @Post('logout')
  @HttpCode(200)
  @ApiOperation({ summary: 'End the session, or all sessions of the person' })
  @Answers('Ended here; to end it at the login provider too, send the browser to `end_session_url`.', {
    end_session_url: orNull('https://login.example.com/logout?id_token_hint=...'),
  })
  async logout(
    @Req() request: FastifyRequest & CallerRequest,
    @Caller() { id, actor, session }: Principal,
    @Body() { everywhere = false }: LogoutBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { login } = this.settings;
    if (session === null || login === undefined || request.callerSecret === undefined)
      throw problem('forbidden', { detail: 'A key has no session to end; DELETE /v1/keys/{key} revokes it.' });
    const idToken = await this.sessions.idTokenOf(id, request.callerSecret);
    await this.sessions.end(everywhere ? session.person : { id }, { actor, address: request.ip, action: 'logout' });
    void reply.clearCookie(sessionCookie(login.publicUrl), cookieOptions(login.publicUrl, 0));
    return { end_session_url: await this.provider.endSessionUrl(idToken) };
  }

  @Get('sessions')
  @NeedsRole('admin')
  @ApiOperation({ summary: 'Sessions of people who reach an organization of yours' })
  @AnswersPage('All that hold, the newest first; of their organizations those you are admin of.', SESSION_EXAMPLE)
  async list(@Caller() caller: Principal) {
    const visible = new Set(orgsWith(caller, 'admin').map(({ id }) => id));
    const shown = (await this.sessions.list()).filter(({ grants }) => grants.some(({ id }) => visible.has(id)));
    return { items: shown.map((each) => sessionJson(each, visible, caller.id)), next_cursor: null };
  }

  @Delete('sessions/:session')
  @NeedsRole('admin')
  @HttpCode(204)
  @ApiOperation({ summary: 'End a session of somebody who reaches an organization of yours, at once' })
  @ApiNoContentResponse({ description: 'It no longer opens anything; the person may log in again as long as a role fits.' })
  async end(@Caller() caller: Principal, @Param('session') id: string, @Req() { ip }: FastifyRequest): Promise<void> {
    const own = new Set(orgsWith(caller, 'admin').map((org) => org.id));
    const found = (await this.sessions.list()).find(({ session }) => session.id === id);
    if (!found?.grants.some((grant) => own.has(grant.id))) throw problem('not-found');
    await this.sessions.end({ id }, { actor: caller.actor, address: ip, action: 'session.end' });
  }
}
