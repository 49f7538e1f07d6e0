import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { NeedsRole } from '../access/access.decorators.js';
import { Caller, Scope, type OrgScope } from '../access/org-scope.js';
import type { Principal } from '../access/principal.js';
import { idOf } from '../alerts/alerts.dto.js';
import { Answers, AnswersPage, orNull } from '../http/answers.js';
import { cursorKey, pageOf } from '../http/paging.js';
import { ChangesNothing } from '../idempotency/idempotency.interceptor.js';
import { PreviewBody, SILENCE_EXAMPLE, SilenceBody, SilencesQuery } from './silences.dto.js';
import { SilencesService } from './silences.service.js';

const PREVIEW_EXAMPLE = {
  matched: 1,
  items: [
    {
      alert_id: 17,
      rule: 'circuit-down',
      severity: 'major',
      site_id: orNull('site-1'),
      circuit_id: orNull('020000000101:ge-0/0/0'),
    },
  ],
};

@ApiTags('silences')
@Controller('v1/orgs/:org/silences')
export class SilencesController {
  constructor(@Inject(SilencesService) private readonly silences: SilencesService) {}

  @Get()
  @ApiOperation({ summary: 'Silences, by their end' })
  @AnswersPage('A page of silences.', SILENCE_EXAMPLE)
  async list(@Scope() scope: OrgScope, @Query() query: SilencesQuery) {
    const { rows, item } = await this.silences.list(scope, query, cursorKey(query, 2));
    return pageOf(rows, query.limit, { item, key: (row) => [row.toAt.getTime(), row.id] });
  }

  @Post()
  @HttpCode(200)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Hear nothing of what matches, until a time; notices that are on their way are held back too' })
  @Answers('The silence as stored.', SILENCE_EXAMPLE)
  create(@Scope() scope: OrgScope, @Caller() caller: Principal, @Body() body: SilenceBody) {
    return this.silences.create(scope, caller, body);
  }

  @Post('preview')
  @ChangesNothing()
  @HttpCode(200)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Which open alerts a silence would hold back; stores nothing' })
  @Answers('How many it matches, and the first 200 of them.', PREVIEW_EXAMPLE)
  preview(@Scope() scope: OrgScope, @Body() body: PreviewBody) {
    return this.silences.preview(scope, body);
  }

  @Get(':silence')
  @ApiOperation({ summary: 'One silence' })
  @Answers('The silence.', SILENCE_EXAMPLE)
  one(@Scope() scope: OrgScope, @Param('silence') silence: string) {
    return this.silences.one(scope, idOf(silence));
  }

  @Delete(':silence')
  @NeedsRole('operator')
  @ApiOperation({ summary: 'End a silence before its time: what is still true is told again. One that is over stays as it is' })
  @Answers('The silence, ended.', { ...SILENCE_EXAMPLE, status: 'over', ended_at: '2026-03-01T13:00:00Z', ended_by: 'key:abc' })
  end(@Scope() scope: OrgScope, @Caller() caller: Principal, @Param('silence') silence: string) {
    return this.silences.end(scope, caller, idOf(silence));
  }
}
