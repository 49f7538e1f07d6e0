import { Body, Controller, Get, HttpCode, Inject, Injectable, Post } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { CLOCK, COLLECT_KINDS, Database, JobPublisher, type Clock, type CollectKind } from '@app/shared';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsIn, IsOptional } from 'class-validator';
import { NeedsRole } from '../access/access.decorators.js';
import { Caller, Scope, ScopedRepository, type OrgScope } from '../access/org-scope.js';
import type { Principal } from '../access/principal.js';
import { Answers, nullOr, orNull, timeOf } from '../http/answers.js';

class RunBody {
  @ApiPropertyOptional({ enum: COLLECT_KINDS, isArray: true, description: 'What to read now; without it everything.' })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(COLLECT_KINDS.length)
  @ArrayUnique()
  @IsIn(COLLECT_KINDS, { each: true })
  kinds?: CollectKind[];
}

interface PollRow {
  readonly kind: string;
  readonly committed_at: Date | null;
  readonly attempted_at: Date | null;
  readonly running_until: Date | null;
  readonly failure_code: string | null;
  readonly failure_reason: string | null;
  readonly failed_at: Date | null;
  readonly failures: number;
}

interface CycleRow {
  readonly cycle_id: string;
  readonly kind: string;
  readonly observed_at: Date;
  readonly pages: number | null;
  readonly calls: number;
  readonly committed_at: Date | null;
  readonly records: number;
  readonly set_aside: number;
}

const LAST_CYCLES = 50;

@Injectable()
export class CollectionRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  polls(scope: OrgScope): Promise<PollRow[]> {
    return this.rows<PollRow>(
      scope,
      `select kind, committed_at, attempted_at, lease_until as running_until, failure_code, failure_reason, failed_at, failures
       from poll_state where org_id = $1 order by kind`,
    );
  }

  cycles(scope: OrgScope): Promise<CycleRow[]> {
    return this.rows<CycleRow>(
      scope,
      `select c.cycle_id, c.kind, c.observed_at, c.pages, c.calls, c.committed_at, coalesce(sum(b.records), 0)::integer as records,
         coalesce(sum(b.set_aside), 0)::integer as set_aside
       from (select * from poll_cycle where org_id = $1 order by observed_at desc, cycle_id limit ${String(LAST_CYCLES)}) c
       left join batch b on b.org_id = c.org_id and b.cycle_id = c.cycle_id
       group by c.cycle_id, c.kind, c.observed_at, c.pages, c.calls, c.committed_at order by c.observed_at desc, c.cycle_id`,
    );
  }

  /** Calls this org made in the running UTC hour. The token's whole spend may include other orgs and is not shown. */
  async callsThisHour(scope: OrgScope, hour: Date): Promise<number> {
    const row = await this.row<{ calls: number }>(
      scope,
      'select coalesce(sum(calls), 0)::integer as calls from poll_cycle where org_id = $1 and observed_at >= $2',
      [hour],
    );
    return row?.calls ?? 0;
  }

  async audit(
    scope: OrgScope,
    entry: { at: Date; actor: string; kinds: readonly string[]; action: 'collection.run' | 'collection.backfill' },
  ): Promise<void> {
    await this.rows(
      scope,
      `insert into audit (org_id, at, actor, action, subject, details) values ($1, $2, $3, $5, 'collection', jsonb_build_object('kinds', $4::text[]))`,
      [entry.at, entry.actor, entry.kinds, entry.action],
    );
  }
}

const HOUR_MS = 3_600_000;

const STATE_EXAMPLE = {
  polls: [
    {
      kind: 'wan-ports',
      committed_at: orNull('2026-03-01T11:55:00Z'),
      attempted_at: orNull('2026-03-01T12:00:00Z'),
      running_until: nullOr('2026-03-01T12:00:00Z'),
      failure_code: nullOr('text'),
      failure_reason: nullOr('text'),
      failed_at: nullOr('2026-03-01T12:00:00Z'),
      failures: 0,
    },
  ],
  last_cycles: [
    {
      cycle_id: 'c1',
      kind: 'wan-ports',
      observed_at: '2026-03-01T11:55:00Z',
      pages: orNull(7),
      calls: 7,
      committed_at: orNull('2026-03-01T11:55:04Z'),
      records: 6416,
      set_aside: 0,
    },
  ],
  calls_this_hour: 412,
};

@ApiTags('collection')
@Controller('v1/orgs/:org/collection')
export class CollectionController {
  constructor(
    @Inject(CollectionRepository) private readonly collection: CollectionRepository,
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ApiOperation({ summary: 'How collecting goes: each kind of data, the last polls, the calls spent' })
  @Answers('As of now.', STATE_EXAMPLE)
  async state(@Scope() scope: OrgScope) {
    const hour = new Date(Math.floor(this.clock.now() / HOUR_MS) * HOUR_MS);
    const [polls, cycles, calls] = await Promise.all([
      this.collection.polls(scope),
      this.collection.cycles(scope),
      this.collection.callsThisHour(scope, hour),
    ]);
    return {
      polls: polls.map((poll) => ({
        ...poll,
        committed_at: timeOf(poll.committed_at),
        attempted_at: timeOf(poll.attempted_at),
        running_until: timeOf(poll.running_until),
        failed_at: timeOf(poll.failed_at),
      })),
      last_cycles: cycles.map((cycle) => ({
        ...cycle,
        observed_at: timeOf(cycle.observed_at),
        committed_at: timeOf(cycle.committed_at),
      })),
      calls_this_hour: calls,
    };
  }

  @Post('run')
  @HttpCode(202)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Read from Mist now, within the budget' })
  @Answers('The jobs are queued.', { queued: ['wan-ports'] }, 202)
  async run(@Scope() scope: OrgScope, @Caller() caller: Principal, @Body() body: RunBody) {
    const kinds = body.kinds ?? [...COLLECT_KINDS];
    await this.collection.audit(scope, {
      at: new Date(this.clock.now()),
      actor: caller.actor,
      kinds,
      action: 'collection.run',
    });
    await this.publisher.publishMany(
      'collect-kind',
      kinds.map((kind) => ({ orgId: scope.externalId, kind, reason: 'now' as const })),
    );
    return { queued: kinds };
  }
}
