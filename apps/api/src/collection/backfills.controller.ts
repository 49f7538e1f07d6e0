import { Body, Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import {
  BACKFILL_KINDS,
  backfillJobId,
  CLOCK,
  Database,
  faultOfWindow,
  JobPublisher,
  listBackfills,
  requestBackfill,
  type BackfillKind,
  type BackfillProgress,
  type Clock,
} from '@app/shared';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsIn, IsOptional, IsString } from 'class-validator';
import { NeedsRole } from '../access/access.decorators.js';
import { Caller, Scope, type OrgScope } from '../access/org-scope.js';
import type { Principal } from '../access/principal.js';
import { Answers, nullOr, timeOf } from '../http/answers.js';
import { invalid } from '../http/problem.js';
import { parseTime } from '../http/times.js';
import { CollectionRepository } from './collection.controller.js';

class BackfillBody {
  @ApiProperty({ example: '2026-03-01T00:00:00Z', description: 'Not more than 14 days ago: Mist keeps no more.' })
  @IsString()
  from!: string;

  @ApiProperty({ example: '2026-03-02T00:00:00Z' })
  @IsString()
  to!: string;

  @ApiPropertyOptional({ enum: BACKFILL_KINDS, isArray: true, description: 'What to read again; without it everything.' })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(BACKFILL_KINDS.length)
  @ArrayUnique()
  @IsIn(BACKFILL_KINDS, { each: true })
  kinds?: BackfillKind[];
}

const EXAMPLE = {
  id: 7,
  from: '2026-03-01T00:00:00Z',
  to: '2026-03-02T00:00:00Z',
  kinds: [...BACKFILL_KINDS],
  state: 'running',
  requested_at: '2026-03-02T08:00:00Z',
  finished_at: nullOr('2026-03-01T12:00:00Z'),
  waiting_reason: nullOr('text'),
  waiting_until: nullOr('2026-03-01T12:00:00Z'),
  steps: 6465,
  steps_done: 1200,
  steps_failed: 0,
  failure: nullOr('text'),
};

const backfillJson = (backfill: BackfillProgress) => ({
  id: backfill.id,
  from: timeOf(backfill.from),
  to: timeOf(backfill.to),
  kinds: [...backfill.kinds],
  state: backfill.state,
  requested_at: timeOf(backfill.requestedAt),
  finished_at: timeOf(backfill.finishedAt),
  waiting_reason: backfill.waitingReason,
  waiting_until: timeOf(backfill.waitingUntil),
  steps: backfill.steps,
  steps_done: backfill.stepsDone,
  steps_failed: backfill.stepsFailed,
  failure: backfill.failure,
});

@ApiTags('collection')
@Controller('v1/orgs/:org/collection/backfills')
export class BackfillsController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CollectionRepository) private readonly collection: CollectionRepository,
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The last backfills, and how far they have come' })
  @Answers('The newest first.', { items: [EXAMPLE] })
  async list(@Scope() scope: OrgScope) {
    const found = await listBackfills(this.database, scope.orgId, { now: new Date(this.clock.now()) });
    return { items: found.map(backfillJson) };
  }

  @Post()
  @HttpCode(202)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Read a window of the last 14 days from Mist again, from what regular polls leave of the budget' })
  @Answers('The backfill as noted; the same one that is still open is returned instead of a second.', EXAMPLE, 202)
  async request(@Scope() scope: OrgScope, @Caller() caller: Principal, @Body() body: BackfillBody) {
    const now = new Date(this.clock.now());
    const window = { from: new Date(parseTime('from', body.from)), to: new Date(parseTime('to', body.to)) };
    const fault = faultOfWindow(window, now.getTime());
    if (fault !== null) throw invalid(fault.startsWith('"to"') ? 'to' : 'from', fault);
    const kinds = body.kinds ?? BACKFILL_KINDS;
    const id = await requestBackfill(this.database, scope.orgId, { ...window, kinds }, now);
    await this.collection.audit(scope, { at: now, actor: caller.actor, kinds, action: 'collection.backfill' });
    await this.publisher.publish('run-backfill', { orgId: scope.externalId }, { jobId: backfillJobId(scope.externalId) });
    const [noted] = await listBackfills(this.database, scope.orgId, { now, id });
    return noted === undefined ? null : backfillJson(noted);
  }
}
