import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { hourOf } from '@app/domain';
import { CLOCK, type Clock } from '@app/shared';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { CircuitsRepository, type CircuitRow } from '../circuits/circuits.repository.js';
import { Answers, timeOf } from '../http/answers.js';
import { invalid, problem } from '../http/problem.js';
import { parsePeriod, parseTime } from '../http/times.js';
import { MAX_POINTS } from './grain.js';
import { POINT_EXAMPLE } from './point.js';
import { extraThresholdsOf, metricsOf, SeriesQuery, WindowsQuery } from './series.query.js';
import { SeriesService } from './series.service.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MAX_WINDOW_HOURS = 9600;
const MAX_WINDOWS = 20;

@ApiTags('circuits')
@Controller('v1/orgs/:org/circuits/:circuit')
export class SeriesController {
  constructor(
    @Inject(CircuitsRepository) private readonly circuits: CircuitsRepository,
    @Inject(SeriesService) private readonly service: SeriesService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('series')
  @ApiOperation({ summary: 'A circuit over time; gaps are points with nulls and their coverage' })
  @Answers(`At most ${String(MAX_POINTS)} points, ascending.`, {
    circuit: '020000000101:ge-0/0/0',
    from: '2026-03-01T10:00:00Z',
    to: '2026-03-01T11:00:00Z',
    grain: 'hour',
    timezone: 'UTC',
    thresholds: { utilization: [70, 80, 90] },
    points: [POINT_EXAMPLE],
  })
  async series(@Scope() scope: OrgScope, @Param('circuit') id: string, @Query() query: SeriesQuery) {
    const circuit = await this.find(scope, id);
    if (query.window !== undefined && query.from !== undefined) throw invalid('window', 'window and from exclude each other');
    const defaultMs = query.window === undefined ? DAY_MS : Number(query.window.slice(0, -1)) * HOUR_MS;
    // The running hour has no fact yet: it is current state.
    const period = parsePeriod(query, hourOf(this.clock.now()), defaultMs);
    const { grain, thresholds, points } = await this.service.series(scope, circuit, {
      ...period,
      grain: query.grain,
      metrics: metricsOf(query.metrics),
      extra: extraThresholdsOf(query.above),
    });
    return {
      circuit: circuit.id,
      from: timeOf(period.from),
      to: timeOf(period.to),
      grain,
      timezone: circuit.reporting_timezone,
      thresholds,
      points,
    };
  }

  @Get('windows')
  @ApiOperation({ summary: 'The N whole hours before an explicit end' })
  @Answers('A point for each length asked for, in that order.', {
    circuit: '020000000101:ge-0/0/0',
    end: '2026-03-01T11:00:00Z',
    thresholds: { utilization: [70, 80, 90] },
    windows: [POINT_EXAMPLE],
  })
  async windows(@Scope() scope: OrgScope, @Param('circuit') id: string, @Query() query: WindowsQuery) {
    const circuit = await this.find(scope, id);
    const end = query.end === undefined ? this.clock.now() : parseTime('end', query.end);
    const hours = query.hours.split(',').map(Number);
    if (hours.length > MAX_WINDOWS || hours.some((each) => each > MAX_WINDOW_HOURS)) {
      throw invalid('hours', `hours may name at most ${String(MAX_WINDOWS)} lengths of at most ${String(MAX_WINDOW_HOURS)}`);
    }
    const asked = { end, hours, metrics: metricsOf(query.metrics), extra: extraThresholdsOf(query.above) };
    return { circuit: circuit.id, end: timeOf(end), ...(await this.service.windows(scope, circuit, asked)) };
  }

  private async find(scope: OrgScope, id: string): Promise<CircuitRow> {
    const circuit = await this.circuits.find(scope, id, this.clock.now());
    if (circuit === null) throw problem('not-found');
    return circuit;
  }
}
