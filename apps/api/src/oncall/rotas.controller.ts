import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { NeedsRole } from '../access/access.decorators.js';
import { Caller, Scope, type OrgScope } from '../access/org-scope.js';
import type { Principal } from '../access/principal.js';
import { idOf } from '../alerts/alerts.dto.js';
import { Answers, AnswersPage } from '../http/answers.js';
import { OVERRIDE_EXAMPLE, OverrideBody, ROTA_DETAIL_EXAMPLE, ROTA_EXAMPLE, RotaQuery } from './rotas.dto.js';
import { RotasService } from './rotas.service.js';

@ApiTags('on call')
@Controller('v1/orgs/:org/rotas')
export class RotasController {
  constructor(@Inject(RotasService) private readonly rotas: RotasService) {}

  @Get()
  @ApiOperation({ summary: 'Who is on call now and next, by rota' })
  @AnswersPage('All rotas of the configuration.', ROTA_EXAMPLE)
  async list(@Scope() scope: OrgScope) {
    return { items: await this.rotas.list(scope), next_cursor: null };
  }

  @Get(':rota')
  @ApiOperation({ summary: 'One rota: its turns and overrides in a period' })
  @Answers('The rota.', ROTA_DETAIL_EXAMPLE)
  one(@Scope() scope: OrgScope, @Param('rota') rota: string, @Query() query: RotaQuery) {
    return this.rotas.one(scope, rota, query);
  }

  @Post(':rota/overrides')
  @HttpCode(200)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Stand in for somebody; of overlapping overrides the later entered counts' })
  @Answers('The override as stored.', OVERRIDE_EXAMPLE)
  add(@Scope() scope: OrgScope, @Caller() caller: Principal, @Param('rota') rota: string, @Body() body: OverrideBody) {
    return this.rotas.add(scope, caller, { rota, body });
  }

  @Delete(':rota/overrides/:override')
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Cancel an override; again changes nothing' })
  @Answers('The override, cancelled.', { ...OVERRIDE_EXAMPLE, cancelled_at: '2026-03-02T12:00:00Z' })
  cancel(
    @Scope() scope: OrgScope,
    @Caller() caller: Principal,
    @Param('rota') rota: string,
    @Param('override') override: string,
  ) {
    return this.rotas.cancel(scope, caller, { rota, id: idOf(override) });
  }
}
