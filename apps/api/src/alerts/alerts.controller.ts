import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { SEVERITIES, type Severity } from '@app/domain';
import type { ApiKey } from '@app/shared';
import { IsIn, IsOptional } from 'class-validator';
import { NeedsRole } from '../access/access.decorators.js';
import { Caller, Scope, type OrgScope } from '../access/org-scope.js';
import { Answers, AnswersPage, snakeKeys, timeOf } from '../http/answers.js';
import { cursorKey, PageQuery, pageOf } from '../http/paging.js';
import { problem } from '../http/problem.js';
import { IsPlainText } from '../http/validation.js';
import { AlertsRepository, type AlertChangeRow, type AlertRow } from './alerts.repository.js';
import { AlertsService } from './alerts.service.js';

const STATUSES = ['open', 'pending', 'firing', 'acknowledged', 'resolved'] as const;

class AlertsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: STATUSES, description: '`open` is all but resolved.' })
  @IsOptional()
  @IsIn(STATUSES)
  status?: (typeof STATUSES)[number];

  @ApiPropertyOptional({ enum: SEVERITIES })
  @IsOptional()
  @IsIn(SEVERITIES)
  severity?: Severity;

  @ApiPropertyOptional({ description: 'Rule, e.g. circuit-down.', type: String })
  @IsOptional()
  @IsPlainText(100)
  rule?: string;

  @ApiPropertyOptional({ description: 'Id of a site.', type: String })
  @IsOptional()
  @IsPlainText()
  site?: string;
}

class AckBody {
  @ApiPropertyOptional({ description: 'For the next person who looks.', example: 'Carrier informed', type: String })
  @IsOptional()
  @IsPlainText(500)
  note?: string;
}

const EXAMPLE = {
  id: 17,
  rule: 'circuit-down',
  subject: 'circuit:020000000101:ge-0/0/0',
  site_id: 'site-1',
  site_name: 'Alder Street',
  circuit_id: '020000000101:ge-0/0/0',
  status: 'firing',
  severity: 'critical',
  since: '2026-03-01T11:58:00Z',
  fired_at: '2026-03-01T11:58:00Z',
  resolved_at: null,
  observed_at: '2026-03-01T12:00:00Z',
  suppressed_by: null,
  details: {},
};
const EXAMPLE_CHANGE = {
  seq: 1,
  at: '2026-03-01T11:58:00Z',
  from_status: null,
  to_status: 'firing',
  severity: 'critical',
  reason: 'fired-at-once',
  data: {},
};

const alertJson = (row: AlertRow) => ({
  ...row,
  since: timeOf(row.since),
  fired_at: timeOf(row.fired_at),
  resolved_at: timeOf(row.resolved_at),
  observed_at: timeOf(row.observed_at),
  details: snakeKeys(row.details),
});
const changeJson = (row: AlertChangeRow) => ({ ...row, at: timeOf(row.at), data: snakeKeys(row.data) });

const MAX_ID_DIGITS = 15;

function alertId(text: string): number {
  if (!/^\d+$/.test(text) || text.length > MAX_ID_DIGITS) throw problem('not-found');
  return Number(text);
}

@ApiTags('alerts')
@Controller('v1/orgs/:org/alerts')
export class AlertsController {
  constructor(
    @Inject(AlertsRepository) private readonly alerts: AlertsRepository,
    @Inject(AlertsService) private readonly service: AlertsService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Alerts, newest first' })
  @AnswersPage('A page of alerts.', EXAMPLE)
  async list(@Scope() scope: OrgScope, @Query() query: AlertsQuery) {
    const key = cursorKey(query, 1);
    const rows = await this.alerts.list(scope, {
      status: query.status ?? null,
      severity: query.severity ?? null,
      rule: query.rule ?? null,
      site: query.site ?? null,
      beforeId: key === null ? null : alertId(String(key[0])),
      limit: query.limit + 1,
    });
    return pageOf(rows, query.limit, { item: alertJson, key: ({ id }) => [id] });
  }

  @Get(':alert')
  @ApiOperation({ summary: 'One alert with its history: what changed when, and why' })
  @Answers('The alert.', { ...EXAMPLE, changes: [EXAMPLE_CHANGE] })
  one(@Scope() scope: OrgScope, @Param('alert') alert: string) {
    return this.explained(scope, alertId(alert));
  }

  @Post(':alert/ack')
  @HttpCode(200)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Take an alert: repeats stop until it resolves or gets worse' })
  @Answers('The alert as it is now.', { ...EXAMPLE, status: 'acknowledged', changes: [EXAMPLE_CHANGE] })
  async ack(@Scope() scope: OrgScope, @Param('alert') alert: string, @Caller() caller: ApiKey, @Body() body: AckBody) {
    const id = alertId(alert);
    await this.service.acknowledge(scope, { id, caller, note: body.note ?? null });
    return this.explained(scope, id);
  }

  private async explained(scope: OrgScope, id: number) {
    const [row, changes] = await Promise.all([this.alerts.find(scope, id), this.alerts.changes(scope, id)]);
    if (row === null) throw problem('not-found');
    return { ...alertJson(row), changes: changes.map(changeJson) };
  }
}
