import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { hourOf } from '@app/domain';
import { CLOCK, SETTINGS, type Clock, type Settings } from '@app/shared';
import { ForSiteGroups } from '../access/access.decorators.js';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { CircuitsRepository, type CircuitRow } from '../circuits/circuits.repository.js';
import { Answers, orNull, timeOf } from '../http/answers.js';
import { ClosedPeriod } from '../http/closed-period.js';
import { cursorKey, PageQuery, pageOf } from '../http/paging.js';
import { problem } from '../http/problem.js';
import { parsePeriod } from '../http/times.js';
import { OptionalTime } from '../http/validation.js';
import { bucketsOf } from '../series/buckets.js';
import { MAX_POINTS } from '../series/grain.js';
import { HistoryQuery } from '../series/history.query.js';
import { wholeHours } from '../series/plan.js';
import { PATH_EXAMPLE, PATH_POINT_EXAMPLE, pathJson, pathPoints, pollJson } from './path-json.js';
import { PathsRepository } from './paths.repository.js';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

class PathsQuery extends PageQuery {
  @OptionalTime('Start, RFC 3339; default 24 h before `to`.')
  from?: string;

  @OptionalTime('End (not included), RFC 3339; default the start of the running hour.')
  to?: string;
}

const CIRCUIT = '020000000101:ge-0/0/0';
const PERIOD = { from: '2026-03-01T10:00:00Z', to: '2026-03-01T11:00:00Z' };

@ApiTags('circuits')
@Controller('v1/orgs/:org/circuits/:circuit/paths')
export class PathsController {
  constructor(
    @Inject(CircuitsRepository) private readonly circuits: CircuitsRepository,
    @Inject(PathsRepository) private readonly paths: PathsRepository,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Get()
  @ForSiteGroups()
  @ApiOperation({ summary: 'VPN peer paths of a circuit: now, and over a period' })
  @Answers('Paths by peer. `newest_poll` is about all paths of the circuit, also those of other pages.', {
    circuit: CIRCUIT,
    ...PERIOD,
    newest_poll: { at: orNull('2026-03-01T11:09:00Z'), up: 1, total: 1, health_pct: orNull(100) },
    items: [PATH_EXAMPLE],
    next_cursor: orNull('WzEyXQ'),
  })
  async list(@Scope() scope: OrgScope, @Param('circuit') id: string, @Query() query: PathsQuery) {
    const circuit = await this.find(scope, id);
    const now = this.clock.now();
    const span = wholeHours(parsePeriod(query, hourOf(now), DAY_MS));
    const after = String(cursorKey(query, 1)?.[0] ?? '');
    // A poll's state holds for the largest gap; what is older tells nothing about now.
    const polled = await this.paths.newestPoll(scope, circuit.key, {
      from: now - this.settings.facts.maxGapMinutes * MINUTE_MS,
      to: now,
    });
    const byPeer = new Map(polled.map((path) => [path.peer, path]));
    const periods = await this.paths.periods(scope, circuit.key, {
      ...span,
      also: [...byPeer.keys()],
      after,
      limit: query.limit + 1,
    });
    return {
      circuit: circuit.id,
      from: timeOf(span.from),
      to: timeOf(span.to),
      newest_poll: pollJson(polled),
      ...pageOf(periods, query.limit, {
        item: (period) => pathJson(period, byPeer.get(period.peer), span),
        key: ({ peer }) => [peer],
      }),
    };
  }

  @Get(':peer/series')
  @ForSiteGroups()
  @ClosedPeriod()
  @ApiOperation({ summary: 'A VPN peer path over time; gaps are points with nulls and their coverage' })
  @Answers(`At most ${String(MAX_POINTS)} points, ascending.`, {
    circuit: CIRCUIT,
    peer: PATH_EXAMPLE.id,
    ...PERIOD,
    grain: 'hour',
    timezone: 'UTC',
    points: [PATH_POINT_EXAMPLE],
  })
  async series(
    @Scope() scope: OrgScope,
    @Param('circuit') id: string,
    @Param('peer') peer: string,
    @Query() query: HistoryQuery,
  ) {
    const circuit = await this.find(scope, id);
    const period = parsePeriod(query, hourOf(this.clock.now()), DAY_MS);
    const { grain, buckets } = bucketsOf({ ...period, grain: query.grain, zone: circuit.reporting_timezone });
    const span = wholeHours(period);
    const hours = await this.paths.hours(scope, circuit.key, { ...span, peer });
    if (hours.length === 0 && !(await this.paths.knows(scope, circuit.key, peer))) throw problem('not-found');
    return {
      circuit: circuit.id,
      peer,
      from: timeOf(period.from),
      to: timeOf(period.to),
      grain,
      timezone: circuit.reporting_timezone,
      points: pathPoints(
        hours,
        buckets.filter(({ hours: own }) => own.from < own.to),
      ),
    };
  }

  private async find(scope: OrgScope, id: string): Promise<CircuitRow> {
    const circuit = await this.circuits.find(scope, id, this.clock.now());
    if (circuit === null) throw problem('not-found');
    return circuit;
  }
}
