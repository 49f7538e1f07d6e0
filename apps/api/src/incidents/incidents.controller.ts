import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CLOCK, type Clock } from '@app/shared';
import { ForSiteGroups, NeedsRole } from '../access/access.decorators.js';
import { Caller, Scope, type OrgScope } from '../access/org-scope.js';
import type { Principal } from '../access/principal.js';
import { NoteBody, idOf, noteJson } from '../alerts/alerts.dto.js';
import { Answers, AnswersPage } from '../http/answers.js';
import { cursorKey, pageOf } from '../http/paging.js';
import { invalid, problem } from '../http/problem.js';
import { parseTime } from '../http/times.js';
import { deliveryJson } from './deliveries.dto.js';
import { DeliveriesRepository } from './deliveries.repository.js';
import {
  AckIncidentBody,
  decisionJson,
  INCIDENT_DETAIL_EXAMPLE,
  INCIDENT_EXAMPLE,
  incidentJson,
  IncidentsQuery,
  memberJson,
} from './incidents.dto.js';
import { IncidentsRepository } from './incidents.repository.js';
import { NotifierWaker } from './notifier-waker.js';

const timeOrNull = (field: string, text: string | undefined): Date | null =>
  text === undefined ? null : new Date(parseTime(field, text));

@ApiTags('incidents')
@Controller('v1/orgs/:org/incidents')
export class IncidentsController {
  constructor(
    @Inject(IncidentsRepository) private readonly incidents: IncidentsRepository,
    @Inject(DeliveriesRepository) private readonly deliveries: DeliveriesRepository,
    @Inject(NotifierWaker) private readonly notifier: NotifierWaker,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ForSiteGroups()
  @ApiOperation({ summary: 'Incidents: alerts that are told together, newest first' })
  @AnswersPage('A page of incidents.', INCIDENT_EXAMPLE)
  async list(@Scope() scope: OrgScope, @Query() query: IncidentsQuery) {
    const key = cursorKey(query, 1);
    const rows = await this.incidents.list(scope, {
      status: query.status ?? null,
      severity: query.severity ?? null,
      site: query.site ?? null,
      from: timeOrNull('from', query.from),
      to: timeOrNull('to', query.to),
      beforeId: key === null ? null : idOf(String(key[0])),
      limit: query.limit + 1,
    });
    return pageOf(rows, query.limit, { item: incidentJson, key: ({ id }) => [id] });
  }

  @Get(':incident')
  @ForSiteGroups()
  @ApiOperation({
    summary: 'One incident: its alerts, what was decided and why, who was told and what receivers answered, notes',
  })
  @Answers('The incident; of more than 500 alerts the worst.', INCIDENT_DETAIL_EXAMPLE)
  one(@Scope() scope: OrgScope, @Param('incident') incident: string) {
    return this.whole(scope, idOf(incident));
  }

  @Post(':incident/ack')
  @ForSiteGroups()
  @HttpCode(200)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Take an incident: escalation and repeats stop until it is over or worse, or the time runs out' })
  @Answers('The incident as it is now.', { ...INCIDENT_DETAIL_EXAMPLE, status: 'acknowledged', acked_by: 'noc' })
  async ack(
    @Scope() scope: OrgScope,
    @Param('incident') incident: string,
    @Caller() caller: Principal,
    @Body() body: AckIncidentBody,
  ) {
    const [id, now] = [idOf(incident), this.clock.now()];
    const until = body.until === undefined || body.until === null ? null : parseTime('until', body.until);
    if (until !== null && until <= now) throw invalid('until', 'until must lie in the future');
    const request = { incidentId: id, by: caller.name, until, note: body.note ?? null };
    const outcome = await this.incidents.acknowledge(scope, request, this.change(caller, now));
    if (outcome === 'not-found') throw problem('not-found');
    if (outcome === 'over') throw problem('conflict', { detail: 'The incident is over: there is nothing to take.' });
    if (outcome === 'acknowledged') await this.notifier.wake();
    return this.whole(scope, id);
  }

  @Post(':incident/notes')
  @ForSiteGroups()
  @HttpCode(200)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Write a note, for whoever looks next' })
  @Answers('The incident as it is now.', INCIDENT_DETAIL_EXAMPLE)
  async note(@Scope() scope: OrgScope, @Param('incident') incident: string, @Caller() caller: Principal, @Body() body: NoteBody) {
    const id = idOf(incident);
    const note = { incidentId: id, author: caller.name, text: body.text };
    const added = await this.incidents.addNote(scope, note, this.change(caller, this.clock.now()));
    if (added === null) throw problem('not-found');
    return this.whole(scope, id);
  }

  private change(caller: Principal, now: number): { at: Date; actor: string } {
    return { at: new Date(now), actor: caller.actor };
  }

  private async whole(scope: OrgScope, id: number) {
    const row = await this.incidents.find(scope, id);
    if (row === null) throw problem('not-found');
    const [members, decisions, deliveries, notes] = await Promise.all([
      this.incidents.members(scope, id),
      this.incidents.decisions(scope, id),
      this.deliveries.ofIncident(scope, id),
      this.incidents.notes(scope, id),
    ]);
    return {
      ...incidentJson(row),
      members: members.map(memberJson),
      decisions: decisions.map(decisionJson),
      deliveries: deliveries.map(deliveryJson),
      notes: notes.map(noteJson),
    };
  }
}
