import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ForSiteGroups, NeedsRole } from '../access/access.decorators.js';
import { Caller, Scope, type OrgScope } from '../access/org-scope.js';
import type { Principal } from '../access/principal.js';
import { Answers, AnswersPage } from '../http/answers.js';
import { cursorKey, pageOf } from '../http/paging.js';
import { problem } from '../http/problem.js';
import { parseTime } from '../http/times.js';
import {
  AckBody,
  ALERT_DETAIL_EXAMPLE,
  ALERT_EXAMPLE,
  alertJson,
  AlertsQuery,
  changeJson,
  idOf,
  NoteBody,
  noteJson,
  ResolveBody,
} from './alerts.dto.js';
import { AlertsRepository } from './alerts.repository.js';
import { AlertsService } from './alerts.service.js';

const timeOrNull = (field: string, text: string | undefined): Date | null =>
  text === undefined ? null : new Date(parseTime(field, text));

@ApiTags('alerts')
@Controller('v1/orgs/:org/alerts')
export class AlertsController {
  constructor(
    @Inject(AlertsRepository) private readonly alerts: AlertsRepository,
    @Inject(AlertsService) private readonly service: AlertsService,
  ) {}

  @Get()
  @ForSiteGroups()
  @ApiOperation({ summary: 'Alerts, newest first' })
  @AnswersPage('A page of alerts.', ALERT_EXAMPLE)
  async list(@Scope() scope: OrgScope, @Query() query: AlertsQuery) {
    const key = cursorKey(query, 1);
    const rows = await this.alerts.list(scope, {
      status: query.status ?? null,
      severity: query.severity ?? null,
      rule: query.rule ?? null,
      site: query.site ?? null,
      circuit: query.circuit ?? null,
      from: timeOrNull('from', query.from),
      to: timeOrNull('to', query.to),
      isNoise: query.noise ?? null,
      beforeId: key === null ? null : idOf(String(key[0])),
      limit: query.limit + 1,
    });
    return pageOf(rows, query.limit, { item: alertJson, key: ({ id }) => [id] });
  }

  @Get(':alert')
  @ForSiteGroups()
  @ApiOperation({ summary: 'One alert with its history: what changed when, and why; notes; its incidents' })
  @Answers('The alert.', ALERT_DETAIL_EXAMPLE)
  one(@Scope() scope: OrgScope, @Param('alert') alert: string) {
    return this.whole(scope, idOf(alert));
  }

  @Post(':alert/ack')
  @ForSiteGroups()
  @HttpCode(200)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Take an alert: repeats stop until it resolves or gets worse; again changes nothing' })
  @Answers('The alert as it is now.', { ...ALERT_DETAIL_EXAMPLE, status: 'acknowledged', shown_status: 'acknowledged' })
  async ack(@Scope() scope: OrgScope, @Param('alert') alert: string, @Caller() caller: Principal, @Body() body: AckBody) {
    const id = idOf(alert);
    await this.service.acknowledge(scope, { id, caller, note: body.note ?? null });
    return this.whole(scope, id);
  }

  @Post(':alert/resolve')
  @ForSiteGroups()
  @HttpCode(200)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'End an alert by hand; if it is still bad at the next look, a new one opens. Again changes nothing' })
  @Answers('The alert as it is now.', { ...ALERT_DETAIL_EXAMPLE, status: 'resolved', shown_status: 'resolved' })
  async resolve(@Scope() scope: OrgScope, @Param('alert') alert: string, @Caller() caller: Principal, @Body() body: ResolveBody) {
    const id = idOf(alert);
    await this.service.resolve(scope, { id, caller, reason: body.reason });
    return this.whole(scope, id);
  }

  @Post(':alert/notes')
  @ForSiteGroups()
  @HttpCode(200)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Write a note, for whoever looks next' })
  @Answers('The alert as it is now.', ALERT_DETAIL_EXAMPLE)
  async note(@Scope() scope: OrgScope, @Param('alert') alert: string, @Caller() caller: Principal, @Body() body: NoteBody) {
    const id = idOf(alert);
    await this.service.addNote(scope, { id, caller, text: body.text });
    return this.whole(scope, id);
  }

  @Put(':alert/noise')
  @ForSiteGroups()
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Say that nobody needed to know; it is counted, and changes nothing else. Again changes nothing' })
  @Answers('The alert as it is now.', { ...ALERT_DETAIL_EXAMPLE, noise_at: '2026-03-01T12:10:00Z', noise_by: 'noc' })
  async noise(@Scope() scope: OrgScope, @Param('alert') alert: string, @Caller() caller: Principal) {
    return this.marked(scope, idOf(alert), caller, true);
  }

  @Delete(':alert/noise')
  @ForSiteGroups()
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Take back that it was noise' })
  @Answers('The alert as it is now.', ALERT_DETAIL_EXAMPLE)
  async notNoise(@Scope() scope: OrgScope, @Param('alert') alert: string, @Caller() caller: Principal) {
    return this.marked(scope, idOf(alert), caller, false);
  }

  private async marked(scope: OrgScope, id: number, caller: Principal, isNoise: boolean) {
    await this.service.markNoise(scope, { id, caller, isNoise });
    return this.whole(scope, id);
  }

  private async whole(scope: OrgScope, id: number) {
    const [row, changes, notes, incidents] = await Promise.all([
      this.alerts.find(scope, id),
      this.alerts.changes(scope, id),
      this.alerts.notes(scope, id),
      this.alerts.incidentIds(scope, id),
    ]);
    if (row === null) throw problem('not-found');
    return { ...alertJson(row), changes: changes.map(changeJson), notes: notes.map(noteJson), incidents };
  }
}
