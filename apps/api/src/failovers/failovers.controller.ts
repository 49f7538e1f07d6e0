import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { bucketOf } from '@app/domain';
import { CLOCK, type Clock } from '@app/shared';
import { IsIn, IsOptional } from 'class-validator';
import { ForSiteGroups } from '../access/access.decorators.js';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { CircuitsRepository } from '../circuits/circuits.repository.js';
import { AnswersPage, orNull, timeOf } from '../http/answers.js';
import { ClosedPeriod } from '../http/closed-period.js';
import { cursorKey, PageQuery, pageOf } from '../http/paging.js';
import { invalid, problem } from '../http/problem.js';
import { parsePeriod } from '../http/times.js';
import { IsPlainText, OptionalTime } from '../http/validation.js';
import { FAILOVER_EXAMPLE, failoverJson } from './failover-json.js';
import {
  COUNT_GRAINS,
  COUNT_GROUPS,
  FailoversRepository,
  type CountGrain,
  type CountGroup,
  type FailoverFilter,
} from './failovers.repository.js';

const MONTH_MS = 30 * 86_400_000;
const MAX_TIME = 8.64e15;

class PeriodQuery extends PageQuery {
  @OptionalTime('Start, RFC 3339; default 30 days before `to`.')
  from?: string;

  @OptionalTime('End (not included), RFC 3339; default now.')
  to?: string;

  @ApiPropertyOptional({ enum: ['true', 'false'], description: 'Only those that go on, or only those that are over.' })
  @IsOptional()
  @IsIn(['true', 'false'])
  open?: 'true' | 'false';
}

class FailoversQuery extends PeriodQuery {
  @ApiPropertyOptional({ description: 'Id of a site.', type: String })
  @IsOptional()
  @IsPlainText()
  site?: string;

  @ApiPropertyOptional({ description: 'Name of the region the site was in when it failed over.', type: String })
  @IsOptional()
  @IsPlainText()
  region?: string;

  @ApiPropertyOptional({ description: 'Id or key of a circuit: failovers away from it or to it.', type: String })
  @IsOptional()
  @IsPlainText()
  circuit?: string;
}

class CountsQuery extends FailoversQuery {
  @ApiPropertyOptional({ enum: COUNT_GRAINS, default: 'day' })
  @IsOptional()
  @IsIn(COUNT_GRAINS)
  grain: CountGrain = 'day';

  @ApiPropertyOptional({ enum: COUNT_GROUPS, default: 'org', description: '`circuit` counts by the primary.' })
  @IsOptional()
  @IsIn(COUNT_GROUPS)
  by: CountGroup = 'org';
}

const COUNT_EXAMPLE = {
  by: 'site',
  id: 'site-1',
  name: orNull('Alder Street'),
  grain: 'day',
  key: '2026-03-01',
  start: '2026-03-01T00:00:00Z',
  end: '2026-03-02T00:00:00Z',
  failovers: 2,
  open: 0,
  duration_s: 1920,
};

@ApiTags('failovers')
@Controller('v1/orgs/:org')
export class FailoversController {
  constructor(
    @Inject(FailoversRepository) private readonly failovers: FailoversRepository,
    @Inject(CircuitsRepository) private readonly circuits: CircuitsRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('failovers')
  @ForSiteGroups()
  @ClosedPeriod({ failovers: true })
  @ApiOperation({ summary: 'Failovers that touch the period, newest first, with what the site had on its backup' })
  @AnswersPage('A page of failovers, whole even where they begin before the period.', FAILOVER_EXAMPLE)
  async list(@Scope() scope: OrgScope, @Query() query: FailoversQuery) {
    return this.page(scope, query, await this.filterOf(scope, query));
  }

  @Get('failovers/counts')
  @ForSiteGroups({ by: ['site', 'circuit'] })
  @ClosedPeriod({ failovers: true })
  @ApiOperation({ summary: 'How many failovers began in each day, ISO week or month of the reporting time zone' })
  @AnswersPage('Ascending by time, then by id; where there were none there is no row.', COUNT_EXAMPLE)
  async counts(@Scope() scope: OrgScope, @Query() query: CountsQuery) {
    const { grain, by, limit } = query;
    const [start, id] = cursorKey(query, 2) ?? [null, null];
    if (start !== null && (typeof start !== 'number' || Math.abs(start) > MAX_TIME || typeof id !== 'string'))
      throw invalid('cursor', 'cursor must be the next_cursor of the page before');
    const zone = await this.failovers.zone(scope);
    const rows = await this.failovers.counts(scope, await this.filterOf(scope, query), {
      grain,
      by,
      zone,
      now: this.clock.now(),
      after: typeof start === 'number' && typeof id === 'string' ? { startMs: start, id } : null,
      limit: limit + 1,
    });
    return pageOf(rows, limit, {
      item: (row) => {
        const { key, from, to } = bucketOf(row.start.getTime(), grain, zone);
        const { failovers, open, name } = row;
        const bucket = { by, id: row.id, name, grain, key, start: timeOf(from), end: timeOf(to) };
        return { ...bucket, failovers, open, duration_s: row.duration_ms / 1000 };
      },
      key: (row) => [row.start.getTime(), row.id],
    });
  }

  @Get('sites/:site/failovers')
  @ForSiteGroups()
  @ClosedPeriod({ failovers: true })
  @ApiOperation({ summary: 'Failovers of a site' })
  @AnswersPage('A page of failovers, newest first.', FAILOVER_EXAMPLE)
  async ofSite(@Scope() scope: OrgScope, @Param('site') site: string, @Query() query: PeriodQuery) {
    if (site.includes('\0') || !(await this.failovers.hasSite(scope, site))) throw problem('not-found');
    return this.page(scope, query, { ...(await this.filterOf(scope, query)), site });
  }

  @Get('circuits/:circuit/failovers')
  @ForSiteGroups()
  @ClosedPeriod({ failovers: true })
  @ApiOperation({ summary: 'Failovers away from a circuit or to it' })
  @AnswersPage('A page of failovers, newest first.', FAILOVER_EXAMPLE)
  async ofCircuit(@Scope() scope: OrgScope, @Param('circuit') circuit: string, @Query() query: PeriodQuery) {
    return this.page(scope, query, await this.filterOf(scope, { ...query, circuit }));
  }

  private async page(scope: OrgScope, query: PageQuery, filter: FailoverFilter) {
    const [startedMs, id] = cursorKey(query, 2) ?? [null, null];
    if (startedMs !== null && (typeof startedMs !== 'number' || Math.abs(startedMs) > MAX_TIME || typeof id !== 'number'))
      throw invalid('cursor', 'cursor must be the next_cursor of the page before');
    const after = typeof startedMs === 'number' && typeof id === 'number' ? { startedMs, id } : null;
    const rows = await this.failovers.list(scope, filter, { after, limit: query.limit + 1 });
    const now = this.clock.now();
    return pageOf(rows, query.limit, {
      item: (row) => failoverJson(row, now),
      key: (row) => [row.started_at.getTime(), row.id],
    });
  }

  private async filterOf(scope: OrgScope, query: Partial<FailoversQuery>): Promise<FailoverFilter> {
    const now = this.clock.now();
    const { from, to } = parsePeriod(query, now, MONTH_MS);
    const circuit = query.circuit === undefined ? null : await this.circuits.find(scope, query.circuit, now);
    if (circuit === null && query.circuit !== undefined) throw problem('not-found');
    return {
      from,
      to,
      site: query.site ?? null,
      region: query.region ?? null,
      circuitKey: circuit?.key ?? null,
      open: query.open === undefined ? null : query.open === 'true',
    };
  }
}
