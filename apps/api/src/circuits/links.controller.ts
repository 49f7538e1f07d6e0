import { Body, Controller, Delete, HttpCode, Inject, Logger, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { CLOCK, Database, JobPublisher, linkCircuits, unlinkCircuit, type Clock } from '@app/shared';
import { IsBoolean, IsOptional } from 'class-validator';
import { NeedsRole } from '../access/access.decorators.js';
import { Caller, Scope, type OrgScope } from '../access/org-scope.js';
import type { Principal } from '../access/principal.js';
import { Answers, timeOf } from '../http/answers.js';
import { problem } from '../http/problem.js';
import { parseTime } from '../http/times.js';
import { IsPlainText, OptionalTime } from '../http/validation.js';

class LinkBody {
  @ApiProperty({ description: 'Circuit (mac:port) whose gateway was replaced.', example: '020000000101:ge-0/0/0' })
  @IsPlainText(400)
  old!: string;

  @ApiProperty({ description: 'Circuit (mac:port) under which it goes on.', example: '020000000202:ge-0/0/0' })
  @IsPlainText(400)
  new!: string;

  @ApiPropertyOptional({
    description: 'Both were seen at the same time: leave out what lies on the wrong side of the change.',
    default: false,
    type: Boolean,
  })
  @IsOptional()
  @IsBoolean()
  force = false;

  @OptionalTime('When the change was, RFC 3339; default the first observation of the new one.')
  at?: string;

  @ApiPropertyOptional({ description: 'Say what would move, and move nothing.', default: false, type: Boolean })
  @IsOptional()
  @IsBoolean()
  dry_run = false;
}

const EXAMPLE = {
  outcome: 'linked',
  id: '020000000202:ge-0/0/0',
  key: 12,
  since: '2026-03-01T10:00:00Z',
  moved: { samples: 288, events: 2, paths: 576, hours: 24, states: 3, attributes: 1, alerts: 0 },
  dropped: 0,
};

@ApiTags('circuits')
@Controller('v1/orgs/:org/circuits/links')
export class LinksController {
  private readonly logger = new Logger(LinksController.name);

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post()
  @HttpCode(200)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Let the circuit of a replaced gateway go on under its new port, with its whole history' })
  @Answers('What moved. `outcome` is `linked`, `linked-before` for a repeat, or `dry-run`.', EXAMPLE)
  async link(@Scope() scope: OrgScope, @Caller() caller: Principal, @Body() body: LinkBody) {
    const result = await linkCircuits(this.database, {
      orgId: scope.orgId,
      oldId: body.old,
      newId: body.new,
      at: body.at === undefined ? null : parseTime('at', body.at),
      isForced: body.force,
      isDryRun: body.dry_run,
      now: this.clock.now(),
      actor: caller.actor,
    });
    if (result.outcome === 'refused')
      throw problem(result.code === 'unknown' ? 'not-found' : 'conflict', { detail: result.reason });
    if (result.outcome === 'linked') await this.wakeAnalyzer(scope.externalId);
    const { outcome, id, circuitKey, since, moved, dropped } = result;
    return { outcome, id, key: circuitKey, since: timeOf(since), moved: { ...moved }, dropped };
  }

  @Delete(':circuit')
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Let an earlier port of a circuit go: seen again, it is a circuit of its own' })
  @Answers('The port that was let go; its past stays with the circuit it carried.', { released: '020000000101:ge-0/0/0' })
  async release(@Scope() scope: OrgScope, @Caller() caller: Principal, @Param('circuit') id: string) {
    const isGone = await unlinkCircuit(this.database, {
      orgId: scope.orgId,
      id,
      now: this.clock.now(),
      actor: caller.actor,
    });
    if (!isGone) throw problem('not-found');
    return { released: id };
  }

  /** The circuit is marked: should the queue be away, the next closing of hours does the work. */
  private async wakeAnalyzer(orgId: string): Promise<void> {
    try {
      await this.publisher.publish('rederive-circuits', { orgId }, { isBestEffort: true });
      await this.publisher.publish('drain-outbox', { orgId }, { isBestEffort: true });
    } catch (error) {
      this.logger.warn({ message: 'Facts are made anew at the next closing of hours: the queue does not answer', error });
    }
  }
}
