import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { CLOCK, type Clock } from '@app/shared';
import { IsIn, IsOptional } from 'class-validator';
import { ForSiteGroups } from '../access/access.decorators.js';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { AnswersPage, timeOf } from '../http/answers.js';
import { cursorKey, PageQuery, pageOf } from '../http/paging.js';
import { invalid, problem } from '../http/problem.js';
import { parsePeriod } from '../http/times.js';
import { OptionalTime } from '../http/validation.js';
import { OUTAGE_EXAMPLE, outageJson } from '../availability/availability-json.js';
import { AvailabilityService } from '../availability/availability.service.js';
import { CircuitsRepository, type OutageRow } from './circuits.repository.js';

const WEEK_MS = 7 * 86_400_000;
const MAX_TIME = 8.64e15;
const STATES = ['up', 'down', 'all'] as const;

class OutagesQuery extends PageQuery {
  @OptionalTime('Start, RFC 3339; default a week before `to`.')
  from?: string;

  @OptionalTime('End, RFC 3339; default now.')
  to?: string;

  @ApiPropertyOptional({ enum: STATES, default: 'down' })
  @IsOptional()
  @IsIn(STATES)
  state: (typeof STATES)[number] = 'down';
}

const stretchJson = (row: OutageRow) => ({
  state: row.state,
  start: timeOf(row.from_at),
  end: timeOf(row.to_at),
  duration_s: (row.to_at.getTime() - row.from_at.getTime()) / 1000,
});

@ApiTags('circuits')
@Controller('v1/orgs/:org/circuits/:circuit/outages')
export class OutagesController {
  constructor(
    @Inject(CircuitsRepository) private readonly circuits: CircuitsRepository,
    @Inject(AvailabilityService) private readonly availability: AvailabilityService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ForSiteGroups()
  @ApiOperation({
    summary:
      'Outages that touch the period, oldest first; or, with `state`, stretches of known state, what lies between being unknown',
  })
  @AnswersPage(
    'A page of outages, whole even where they begin before the period. One ends when the circuit is seen up; time in which nobody knows does not end it.',
    OUTAGE_EXAMPLE,
  )
  async list(@Scope() scope: OrgScope, @Param('circuit') id: string, @Query() query: OutagesQuery) {
    const period = parsePeriod(query, this.clock.now(), WEEK_MS);
    const circuit = await this.circuits.find(scope, id, this.clock.now());
    if (circuit === null) throw problem('not-found');
    const key = cursorKey(query, 1);
    const after = key === null ? null : Number(key[0]);
    if (after !== null && !(Math.abs(after) <= MAX_TIME))
      throw invalid('cursor', 'cursor must be the next_cursor of the page before');
    if (query.state === 'down') {
      const outages = await this.availability.outages(scope, circuit.key, period);
      const rest = outages.filter(({ start }) => after === null || start > after);
      return pageOf(rest.slice(0, query.limit + 1), query.limit, { item: outageJson, key: ({ start }) => [start] });
    }
    const rows = await this.circuits.states(scope, circuit.key, {
      ...period,
      state: query.state === 'all' ? null : query.state,
      after,
      limit: query.limit + 1,
    });
    return pageOf(rows, query.limit, { item: stretchJson, key: (row) => [row.from_at.getTime()] });
  }
}
