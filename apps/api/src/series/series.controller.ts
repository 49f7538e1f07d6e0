import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { CLOCK, type Clock } from '@app/shared';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { CircuitsRepository, type CircuitRow } from '../circuits/circuits.repository.js';
import { Answers, timeOf } from '../http/answers.js';
import { invalid, problem } from '../http/problem.js';
import { parsePeriod, parseTime } from '../http/times.js';
import { IsPlainText } from '../http/validation.js';
import { GRAIN_CHOICES, MAX_POINTS, type GrainChoice } from './grain.js';
import { POINT_GROUPS, POINT_EXAMPLE, type PointGroup } from './point.js';
import { SeriesService } from './series.service.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MAX_WINDOW_HOURS = 9600;
const MAX_WINDOWS = 20;

class MetricsQuery {
  @ApiPropertyOptional({ description: `Groups of fields, separated by commas: ${POINT_GROUPS.join(', ')}. Default all.`, type: String, example: 'utilization,above' })
  @IsOptional()
  @IsPlainText(200)
  metrics?: string;
}

class SeriesQuery extends MetricsQuery {
  @ApiPropertyOptional({ description: 'Start, RFC 3339; default 24 h before `to`.', type: String })
  @IsOptional()
  @IsPlainText(40)
  from?: string;

  @ApiPropertyOptional({ description: 'End (not included), RFC 3339; default now.', type: String })
  @IsOptional()
  @IsPlainText(40)
  to?: string;

  @ApiPropertyOptional({ enum: GRAIN_CHOICES, description: `\`auto\` is the finest with at most ${String(MAX_POINTS)} points.`, default: 'auto' })
  @IsOptional()
  @IsIn(GRAIN_CHOICES)
  grain: GrainChoice = 'auto';

  @ApiPropertyOptional({ description: 'Instead of `from`: so many hours before `to`, e.g. 3h, 24h.', type: String })
  @IsOptional()
  @Matches(/^[1-9]\d{0,3}h$/, { message: 'window must be hours such as 24h' })
  window?: string;
}

class WindowsQuery extends MetricsQuery {
  @ApiPropertyOptional({ description: 'End of the windows, RFC 3339; default now. The running hour is left out.', type: String })
  @IsOptional()
  @IsPlainText(40)
  end?: string;

  @ApiPropertyOptional({ description: 'Lengths in whole hours.', default: '3,12,24', type: String })
  @IsOptional()
  @Matches(/^[1-9]\d{0,3}(,[1-9]\d{0,3}){0,19}$/, { message: 'hours must be whole numbers separated by commas, such as 3,12,24' })
  hours: string = '3,12,24';
}

function metricsOf(text: string | undefined): ReadonlySet<PointGroup> {
  if (text === undefined) return new Set(POINT_GROUPS);
  const asked = text.split(',').map((name) => name.trim());
  const unknown = asked.filter((name) => !(POINT_GROUPS as readonly string[]).includes(name));
  if (unknown.length > 0) throw invalid('metrics', `metrics must be of ${POINT_GROUPS.join(', ')}`);
  return new Set(POINT_GROUPS.filter((metric) => asked.includes(metric)));
}

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
    points: [POINT_EXAMPLE],
  })
  async series(@Scope() scope: OrgScope, @Param('circuit') id: string, @Query() query: SeriesQuery) {
    const circuit = await this.find(scope, id);
    if (query.window !== undefined && query.from !== undefined) throw invalid('window', 'window and from exclude each other');
    const defaultMs = query.window === undefined ? DAY_MS : Number(query.window.slice(0, -1)) * HOUR_MS;
    const period = parsePeriod(query, this.clock.now(), defaultMs);
    const { grain, points } = await this.service.series(scope, circuit, { ...period, grain: query.grain, metrics: metricsOf(query.metrics) });
    return { circuit: circuit.id, from: timeOf(period.from), to: timeOf(period.to), grain, timezone: circuit.reporting_timezone, points };
  }

  @Get('windows')
  @ApiOperation({ summary: 'The N whole hours before an explicit end' })
  @Answers('A point for each length asked for, in that order.', { circuit: '020000000101:ge-0/0/0', end: '2026-03-01T11:00:00Z', windows: [POINT_EXAMPLE] })
  async windows(@Scope() scope: OrgScope, @Param('circuit') id: string, @Query() query: WindowsQuery) {
    const circuit = await this.find(scope, id);
    const end = query.end === undefined ? this.clock.now() : parseTime('end', query.end);
    const hours = query.hours.split(',').map(Number);
    if (hours.length > MAX_WINDOWS || hours.some((each) => each > MAX_WINDOW_HOURS)) {
      throw invalid('hours', `hours may name at most ${String(MAX_WINDOWS)} lengths of at most ${String(MAX_WINDOW_HOURS)}`);
    }
    const windows = await this.service.windows(scope, circuit, { end, hours, metrics: metricsOf(query.metrics) });
    return { circuit: circuit.id, end: timeOf(end), windows };
  }

  private async find(scope: OrgScope, id: string): Promise<CircuitRow> {
    const circuit = await this.circuits.find(scope, id);
    if (circuit === null) throw problem('not-found');
    return circuit;
  }
}
