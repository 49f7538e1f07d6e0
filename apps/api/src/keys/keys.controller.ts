import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import {
  API_ROLES,
  CLOCK,
  createApiKey,
  Database,
  listApiKeys,
  PermanentError,
  revokeApiKey,
  SITE_GROUP_FAULTS,
  type ApiKey,
  type ApiRole,
  type Clock,
} from '@app/shared';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsIn, IsOptional, IsString } from 'class-validator';
import { NeedsRole } from '../access/access.decorators.js';
import { Caller } from '../access/org-scope.js';
import { orgsWith, type Principal } from '../access/principal.js';
import { Answers, AnswersPage, nullOr, orNull, timeOf } from '../http/answers.js';
import { invalid, problem } from '../http/problem.js';
import { parseTime } from '../http/times.js';
import { IsPlainText } from '../http/validation.js';

class NewKey {
  @ApiProperty({ description: 'What it is for.', example: 'grafana' })
  @IsPlainText(100)
  name!: string;

  @ApiProperty({ enum: API_ROLES })
  @IsIn(API_ROLES)
  role!: ApiRole;

  @ApiProperty({ description: 'Organizations it reaches; each must be one of yours.', type: [String], example: ['org-1'] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1000)
  @ArrayUnique()
  @IsString({ each: true })
  orgs!: string[];

  @ApiPropertyOptional({
    description:
      "Ids of Mist's site groups, some of each organization: the key reaches only the sites that belong to one of them, and cannot be made so later. Left out: whole organizations.",
    type: [String],
    example: ['group-1'],
  })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1000)
  @ArrayUnique()
  @IsString({ each: true })
  site_groups?: string[];

  @ApiPropertyOptional({ description: 'End of its life, RFC 3339.', example: '2027-01-01T00:00:00Z', type: String })
  @IsOptional()
  @IsPlainText(40)
  expires_at?: string;
}

class KeysQuery {
  @ApiPropertyOptional({
    description: 'Only keys that this one made, as the audit log names them.',
    type: String,
    example: 'user:kim@example.com',
  })
  @IsOptional()
  @IsPlainText(300)
  created_by?: string;
}

const EXAMPLE = {
  id: '0123456789abcdef',
  name: 'grafana',
  role: 'viewer',
  orgs: ['org-1'],
  site_groups: nullOr(['group-1']),
  created_at: '2026-03-01T12:00:00Z',
  created_by: orNull('user:kim@example.com'),
  expires_at: nullOr('2026-03-01T12:00:00Z'),
  revoked_at: nullOr('2026-03-01T12:00:00Z'),
  last_used_at: orNull('2026-03-01T12:30:00Z'),
};

const keyJson = (key: ApiKey) => ({
  id: key.id,
  name: key.name,
  role: key.role,
  orgs: key.orgs.map(({ externalId }) => externalId),
  site_groups: key.orgs.every(({ siteGroups }) => siteGroups === null)
    ? null
    : key.orgs.flatMap(({ siteGroups }) => siteGroups ?? []),
  created_at: timeOf(key.createdAt),
  created_by: key.createdBy,
  expires_at: timeOf(key.expiresAt),
  revoked_at: timeOf(key.revokedAt),
  last_used_at: timeOf(key.lastUsedAt),
});

/** Keys are the business of those who are admin wherever these reach. */
const orgIdsOf = (caller: Principal): number[] => orgsWith(caller, 'admin').map(({ id }) => id);

@ApiTags('keys')
@NeedsRole('admin')
@Controller('v1/keys')
export class KeysController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Keys that reach no organization but yours' })
  @AnswersPage('All of them, oldest first.', EXAMPLE)
  async list(@Caller() caller: Principal, @Query() { created_by: createdBy }: KeysQuery) {
    const keys = await listApiKeys(this.database, orgIdsOf(caller), createdBy);
    return { items: keys.map(keyJson), next_cursor: null };
  }

  @Post()
  @ApiOperation({ summary: 'Make a key; `key` is shown this once' })
  @Answers('Keep `key`: it is stored as a hash only.', { ...EXAMPLE, key: 'mw_0123456789abcdef_<43 characters>' }, 201)
  async create(@Caller() caller: Principal, @Body() body: NewKey) {
    const own = new Set(orgsWith(caller, 'admin').map(({ externalId }) => externalId));
    if (!body.orgs.every((org) => own.has(org))) throw invalid('orgs', 'orgs may name only organizations that you are admin of');
    const now = this.clock.now();
    const expiresAt = body.expires_at === undefined ? undefined : new Date(parseTime('expires_at', body.expires_at));
    if (expiresAt !== undefined && expiresAt.getTime() <= now) throw invalid('expires_at', 'expires_at must lie in the future');
    const { key, secret } = await createApiKey(this.database, {
      name: body.name,
      role: body.role,
      orgIds: body.orgs,
      ...(body.site_groups === undefined ? {} : { siteGroups: body.site_groups }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
      now: new Date(now),
      actor: caller.actor,
    }).catch((error: unknown) => {
      if (error instanceof PermanentError && SITE_GROUP_FAULTS.has(error.code)) throw invalid('site_groups', error.message);
      throw error;
    });
    return { ...keyJson(key), key: secret };
  }

  @Delete(':key')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a key at once; again is harmless' })
  @ApiNoContentResponse({ description: 'It no longer opens anything.' })
  async revoke(@Caller() caller: Principal, @Param('key') id: string): Promise<void> {
    const isDone = await revokeApiKey(this.database, {
      id,
      orgIds: orgIdsOf(caller),
      now: new Date(this.clock.now()),
      actor: caller.actor,
    });
    if (!isDone) throw problem('not-found');
  }
}
