import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ForSiteGroups } from '../access/access.decorators.js';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { Answers } from '../http/answers.js';
import { ClosedPeriod } from '../http/closed-period.js';
import { MAX_POINTS } from './grain.js';
import { POINT_EXAMPLE, POOL_POINT_EXAMPLE } from './point.js';
import { SeriesQuery, WindowsQuery } from './series.query.js';
import { SeriesRoutes } from './series.routes.js';
import { SubjectsRepository } from './subjects.repository.js';

const THRESHOLDS_EXAMPLE = { utilization: [70, 80, 90], loss: [0.1, 0.5, 1], jitter: [10, 30, 50], latency: [50, 100, 150] };
export const PERIOD_EXAMPLE = {
  from: '2026-03-01T10:00:00Z',
  to: '2026-03-01T11:00:00Z',
  grain: 'hour',
  timezone: 'UTC',
  thresholds: THRESHOLDS_EXAMPLE,
};
export const WINDOWS_EXAMPLE = { end: '2026-03-01T11:00:00Z', thresholds: THRESHOLDS_EXAMPLE };
export const POINTS_TEXT = `At most ${String(MAX_POINTS)} points, ascending.`;
export const LENGTHS_TEXT = 'A point for each length asked for, in that order.';

@ApiTags('circuits')
@Controller('v1/orgs/:org/circuits/:circuit')
export class SeriesController {
  constructor(
    @Inject(SubjectsRepository) private readonly subjects: SubjectsRepository,
    @Inject(SeriesRoutes) private readonly routes: SeriesRoutes,
  ) {}

  @Get('series')
  @ForSiteGroups()
  @ClosedPeriod()
  @ApiOperation({ summary: 'A circuit over time; gaps are points with nulls and their coverage' })
  @Answers(POINTS_TEXT, { circuit: '020000000101:ge-0/0/0', ...PERIOD_EXAMPLE, points: [POINT_EXAMPLE] })
  async series(@Scope() scope: OrgScope, @Param('circuit') id: string, @Query() query: SeriesQuery) {
    return this.routes.series(scope, await this.subjects.circuit(scope, id), query);
  }

  @Get('windows')
  @ForSiteGroups()
  @ClosedPeriod()
  @ApiOperation({ summary: 'The N whole hours before an explicit end' })
  @Answers(LENGTHS_TEXT, { circuit: '020000000101:ge-0/0/0', ...WINDOWS_EXAMPLE, windows: [POINT_EXAMPLE] })
  async windows(@Scope() scope: OrgScope, @Param('circuit') id: string, @Query() query: WindowsQuery) {
    return this.routes.windows(scope, await this.subjects.circuit(scope, id), query);
  }
}

@ApiTags('sites')
@Controller('v1/orgs/:org/sites/:site')
export class SiteSeriesController {
  constructor(
    @Inject(SubjectsRepository) private readonly subjects: SubjectsRepository,
    @Inject(SeriesRoutes) private readonly routes: SeriesRoutes,
  ) {}

  @Get('series')
  @ForSiteGroups()
  @ClosedPeriod()
  @ApiOperation({ summary: 'The circuits of a site together over time, those counted that were there at the time' })
  @Answers(POINTS_TEXT, { site: 'site-1', ...PERIOD_EXAMPLE, points: [POOL_POINT_EXAMPLE] })
  async series(@Scope() scope: OrgScope, @Param('site') id: string, @Query() query: SeriesQuery) {
    return this.routes.series(scope, await this.subjects.site(scope, id), query);
  }

  @Get('windows')
  @ForSiteGroups()
  @ClosedPeriod()
  @ApiOperation({ summary: 'The circuits of a site together in the N whole hours before an explicit end' })
  @Answers(LENGTHS_TEXT, { site: 'site-1', ...WINDOWS_EXAMPLE, windows: [POOL_POINT_EXAMPLE] })
  async windows(@Scope() scope: OrgScope, @Param('site') id: string, @Query() query: WindowsQuery) {
    return this.routes.windows(scope, await this.subjects.site(scope, id), query);
  }
}

@ApiTags('organizations')
@Controller('v1/orgs/:org')
export class OrgSeriesController {
  constructor(
    @Inject(SubjectsRepository) private readonly subjects: SubjectsRepository,
    @Inject(SeriesRoutes) private readonly routes: SeriesRoutes,
  ) {}

  @Get('series')
  @ClosedPeriod()
  @ApiOperation({ summary: 'All circuits of the organization together over time' })
  @Answers(POINTS_TEXT, { org: 'org-1', ...PERIOD_EXAMPLE, points: [POOL_POINT_EXAMPLE] })
  async series(@Scope() scope: OrgScope, @Query() query: SeriesQuery) {
    return this.routes.series(scope, await this.subjects.org(scope), query);
  }

  @Get('windows')
  @ClosedPeriod()
  @ApiOperation({ summary: 'All circuits of the organization together in the N whole hours before an explicit end' })
  @Answers(LENGTHS_TEXT, { org: 'org-1', ...WINDOWS_EXAMPLE, windows: [POOL_POINT_EXAMPLE] })
  async windows(@Scope() scope: OrgScope, @Query() query: WindowsQuery) {
    return this.routes.windows(scope, await this.subjects.org(scope), query);
  }
}
