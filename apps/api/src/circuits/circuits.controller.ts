import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { HOURLY_KPIS, LEVELS, SEVERITIES, type Severity } from '@app/domain';
import { CLOCK, type Clock } from '@app/shared';
import { IsIn, IsOptional } from 'class-validator';
import { ForSiteGroups } from '../access/access.decorators.js';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { Answers, AnswersPage } from '../http/answers.js';
import { cursorKey, PageQuery, pageOf } from '../http/paging.js';
import { problem } from '../http/problem.js';
import { IsPlainText } from '../http/validation.js';
import { CurrentStateService } from '../sites/current-state.service.js';
import { CIRCUIT_EXAMPLE, circuitJson } from './circuit-json.js';
import { CircuitsRepository } from './circuits.repository.js';

const STATES = ['up', 'down', 'unknown'] as const;

class CircuitsQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'Id of a site.', type: String })
  @IsOptional()
  @IsPlainText()
  site?: string;

  @ApiPropertyOptional({ enum: STATES })
  @IsOptional()
  @IsIn(STATES)
  state?: (typeof STATES)[number];

  @ApiPropertyOptional({ enum: SEVERITIES })
  @IsOptional()
  @IsIn(SEVERITIES)
  severity?: Severity;
}

@ApiTags('circuits')
@Controller('v1/orgs/:org/circuits')
export class CircuitsController {
  constructor(
    @Inject(CurrentStateService) private readonly current: CurrentStateService,
    @Inject(CircuitsRepository) private readonly circuits: CircuitsRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ForSiteGroups()
  @ApiOperation({ summary: 'Circuits with their current state, in a stable order' })
  @AnswersPage('A page of circuits.', CIRCUIT_EXAMPLE)
  async list(@Scope() scope: OrgScope, @Query() query: CircuitsQuery) {
    const after = Number(cursorKey(query, 1)?.[0] ?? 0);
    const { sites } = await this.current.org(scope);
    const found = sites
      .filter((site) => query.site === undefined || site.row.externalId === query.site)
      .flatMap((site) => site.circuits.map((circuit) => ({ circuit, site })))
      .filter(({ circuit }) => circuit.row.id > after)
      .filter(
        ({ circuit }) =>
          (query.state === undefined || circuit.state === query.state) &&
          (query.severity === undefined || circuit.severity === query.severity),
      )
      .sort((a, b) => a.circuit.row.id - b.circuit.row.id);
    return pageOf(found.slice(0, query.limit + 1), query.limit, {
      item: ({ circuit, site }) => circuitJson(circuit, site),
      key: ({ circuit }) => [circuit.row.id],
    });
  }

  @Get(':circuit')
  @ForSiteGroups()
  @ApiOperation({ summary: 'One circuit with its current state and the thresholds that hold for it' })
  @Answers('The circuit as of now.', {
    ...CIRCUIT_EXAMPLE,
    thresholds: {
      utilization: { warning: 70, major: 80, critical: 90 },
      loss: { warning: 0.1, major: 0.5, critical: 1 },
      jitter: { warning: 10, major: 30, critical: 50 },
      latency: { warning: 50, major: 100, critical: 150 },
    },
  })
  async one(@Scope() scope: OrgScope, @Param('circuit') id: string) {
    const row = await this.circuits.find(scope, id, this.clock.now());
    if (row === null) throw problem('not-found');
    const site = await this.current.site(scope, row.site_id);
    const circuit = site.circuits.find((each) => each.row.id === row.key);
    if (circuit === undefined) throw problem('not-found');
    const thresholds = HOURLY_KPIS.map(
      (kpi) => [kpi, Object.fromEntries(LEVELS.map((level) => [level, circuit.thresholds[kpi][level]]))] as const,
    );
    return { ...circuitJson(circuit, site), thresholds: Object.fromEntries(thresholds) };
  }
}
