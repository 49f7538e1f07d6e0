import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { checkRecurrence, DAY_MS, RecurrenceFault, type Span } from '@app/domain';
import {
  cancelMaintenance,
  CLOCK,
  createMaintenance,
  Database,
  findMaintenance,
  listMaintenance,
  updateMaintenance,
  type Clock,
  type MaintenanceFields,
  type MaintenanceRow,
} from '@app/shared';
import { NeedsRole } from '../access/access.decorators.js';
import { Caller, Scope, type OrgScope } from '../access/org-scope.js';
import type { Principal } from '../access/principal.js';
import { CircuitsRepository } from '../circuits/circuits.repository.js';
import { Answers, AnswersPage } from '../http/answers.js';
import { cursorKey, pageOf } from '../http/paging.js';
import { invalid, problem } from '../http/problem.js';
import { parseTime } from '../http/times.js';
import { MAINTENANCE_EXAMPLE, MaintenanceBody, maintenanceJson, MaintenanceQuery } from './maintenance.dto.js';

const YEAR_MS = 366 * DAY_MS;
const HISTORY_MS = 400 * DAY_MS;
const MAX_TIME = 8.64e15;

@ApiTags('maintenance')
@Controller('v1/orgs/:org/maintenance')
export class MaintenanceController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CircuitsRepository) private readonly circuits: CircuitsRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Windows of maintenance, by their end' })
  @AnswersPage('A page of windows.', MAINTENANCE_EXAMPLE)
  async list(@Scope() scope: OrgScope, @Query() query: MaintenanceQuery) {
    const now = this.clock.now();
    const key = cursorKey(query, 2);
    const after = key === null ? null : { at: Number(key[0]), id: Number(key[1]) };
    if (after !== null && !(Math.abs(after.at) <= MAX_TIME && Number.isSafeInteger(after.id)))
      throw invalid('cursor', 'cursor must be the next_cursor of the page before');
    const rows = await listMaintenance(this.database, scope.orgId, {
      from: query.from === undefined ? now - HISTORY_MS : parseTime('from', query.from),
      to: query.to === undefined ? now + YEAR_MS : parseTime('to', query.to),
      isWithCancelled: query.cancelled,
      after,
      limit: query.limit + 1,
    });
    return pageOf(rows, query.limit, {
      item: (row) => maintenanceJson(row, now),
      key: (row) => [row.toAt.getTime(), row.id],
    });
  }

  @Post()
  @HttpCode(200)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Enter a window, before or after it: availability net of maintenance is the same' })
  @Answers('The window as stored.', MAINTENANCE_EXAMPLE)
  async create(@Scope() scope: OrgScope, @Caller() caller: Principal, @Body() body: MaintenanceBody) {
    const fields = await this.fieldsOf(scope, caller, body);
    const id = await createMaintenance(this.database, scope.orgId, fields, this.change(caller));
    return this.json(await this.found(scope, String(id)));
  }

  @Get(':maintenance')
  @ApiOperation({ summary: 'One window' })
  @Answers('The window.', MAINTENANCE_EXAMPLE)
  async one(@Scope() scope: OrgScope, @Param('maintenance') id: string) {
    return this.json(await this.found(scope, id));
  }

  @Put(':maintenance')
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Replace a window; one that was cancelled holds again' })
  @Answers('The window as stored.', MAINTENANCE_EXAMPLE)
  async replace(
    @Scope() scope: OrgScope,
    @Caller() caller: Principal,
    @Param('maintenance') id: string,
    @Body() body: MaintenanceBody,
  ) {
    const row = await this.found(scope, id);
    const fields = await this.fieldsOf(scope, caller, body);
    await updateMaintenance(this.database, scope.orgId, { id: row.id, ...fields }, this.change(caller));
    return this.json(await this.found(scope, id));
  }

  @Delete(':maintenance')
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Cancel a window: it counts nowhere, and stays on record' })
  @Answers('The window, cancelled.', { ...MAINTENANCE_EXAMPLE, cancelled_at: '2026-03-01T21:00:00Z' })
  async cancel(@Scope() scope: OrgScope, @Caller() caller: Principal, @Param('maintenance') id: string) {
    const row = await this.found(scope, id);
    if (row.cancelledAt === null) await cancelMaintenance(this.database, scope.orgId, row.id, this.change(caller));
    return this.json(await this.found(scope, id));
  }

  private json(row: MaintenanceRow) {
    return maintenanceJson(row, this.clock.now());
  }

  private change(caller: Principal): { at: Date; actor: string } {
    return { at: new Date(this.clock.now()), actor: caller.actor };
  }

  private async found(scope: OrgScope, id: string): Promise<MaintenanceRow> {
    const row = /^\d{1,15}$/.test(id) ? await findMaintenance(this.database, scope.orgId, Number(id)) : null;
    if (row === null) throw problem('not-found');
    return row;
  }

  private async fieldsOf(scope: OrgScope, caller: Principal, body: MaintenanceBody): Promise<MaintenanceFields> {
    const [from, to] = [parseTime('from', body.from), parseTime('to', body.to)];
    if (from >= to) throw invalid('to', 'to must lie after from');
    if (to - from > YEAR_MS) throw invalid('to', 'a window lasts a year at most');
    const subject = body.subject ?? null;
    if (body.scope === 'org' && subject !== null) throw invalid('subject', 'subject must be absent where scope is org');
    if (body.scope !== 'org' && subject === null) throw invalid('subject', `subject must name the ${body.scope}`);
    return {
      name: body.name,
      reason: body.reason ?? null,
      owner: body.owner ?? caller.name,
      scope: body.scope,
      region: body.scope === 'region' ? subject : null,
      provider: body.scope === 'provider' ? subject : null,
      siteId: body.scope === 'site' ? await this.siteKey(scope, subject ?? '') : null,
      circuitId: body.scope === 'circuit' ? await this.circuitKey(scope, subject ?? '') : null,
      from,
      to,
      ...recurrenceOf(body, { from, to }),
    };
  }

  private async siteKey(scope: OrgScope, id: string): Promise<number> {
    const key = await this.circuits.siteKey(scope, id);
    if (key === null) throw invalid('subject', 'there is no site with this id');
    return key;
  }

  private async circuitKey(scope: OrgScope, id: string): Promise<number> {
    const circuit = await this.circuits.find(scope, id, this.clock.now());
    if (circuit === null) throw invalid('subject', 'there is no circuit with this id (mac:port)');
    return circuit.key;
  }
}

/** A rule without a zone would have no clock to run on. */
function recurrenceOf({ rrule = null, timezone = null }: MaintenanceBody, { from, to }: Span) {
  if (rrule === null && timezone === null) return { rrule, timezone };
  if (rrule === null) throw invalid('timezone', 'timezone must be absent where rrule is');
  if (timezone === null) throw invalid('timezone', 'timezone must name the zone on whose clocks the window comes again');
  try {
    checkRecurrence({ rrule, timezone, from, durationMs: to - from });
  } catch (error) {
    if (error instanceof RecurrenceFault) throw invalid('rrule', error.message);
    throw error;
  }
  return { rrule, timezone };
}
