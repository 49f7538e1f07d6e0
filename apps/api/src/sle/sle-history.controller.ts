import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { canonicalMetric, DAY_MS, hourOf, sleMetricOf } from '@app/domain';
import { CLOCK, type Clock } from '@app/shared';
import { ForSiteGroups } from '../access/access.decorators.js';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { Answers, orNull, timeOf } from '../http/answers.js';
import { ClosedPeriod } from '../http/closed-period.js';
import { problem } from '../http/problem.js';
import { parsePeriod } from '../http/times.js';
import { HistoryQuery } from '../series/history.query.js';
import { WorstSitesQuery } from './worst-sites.query.js';
import { SiteKeys } from './site-key.js';
import { SLE_POINT_EXAMPLE, SleHistoryService } from './sle-history.service.js';

@ApiTags('service levels')
@Controller('v1/orgs/:org')
export class SleHistoryController {
  constructor(
    @Inject(SleHistoryService) private readonly history: SleHistoryService,
    @Inject(SiteKeys) private readonly sites: SiteKeys,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('sites/:site/sle/:metric/series')
  @ForSiteGroups()
  @ClosedPeriod()
  @ApiOperation({
    summary: 'One service level of a site over time: its hours, or days, weeks and months weighted by user-minutes',
  })
  @Answers('At most 750 points, ascending; without data `score` is null. Hours also say `num_aps` and `num_clients`.', {
    site: 'site-1',
    metric: 'coverage',
    title: 'Coverage',
    from: '2026-03-01T00:00:00Z',
    to: '2026-03-02T00:00:00Z',
    grain: 'day',
    timezone: 'UTC',
    points: [SLE_POINT_EXAMPLE],
  })
  async series(@Scope() scope: OrgScope, @Param('site') id: string, @Param('metric') name: string, @Query() query: HistoryQuery) {
    const site = await this.sites.require(scope, id);
    const metric = canonicalMetric(name);
    if (metric === null) throw problem('not-found');
    const period = parsePeriod(query, hourOf(this.clock.now()), DAY_MS);
    const { grain, points } = await this.history.series(scope, site, metric, { ...period, grain: query.grain });
    return {
      site: site.id,
      metric,
      title: sleMetricOf(metric).title,
      from: timeOf(period.from),
      to: timeOf(period.to),
      grain,
      timezone: site.timezone,
      points,
    };
  }

  @Get('sle/worst-sites')
  @ForSiteGroups()
  @ClosedPeriod()
  @ApiOperation({ summary: 'Sites with the lowest score of a service level over a period' })
  @Answers('Worst first, ties by site; sites without data are not listed.', {
    metric: 'coverage',
    title: 'Coverage',
    from: '2026-03-01T00:00:00Z',
    to: '2026-03-02T00:00:00Z',
    items: [
      { rank: 1, site_id: 'site-1', site_name: orNull('Alder Street'), score: 0.612, hours: 24, user_minutes: orNull(28_800) },
    ],
  })
  async worst(@Scope() scope: OrgScope, @Query() query: WorstSitesQuery) {
    const period = parsePeriod(query, hourOf(this.clock.now()), DAY_MS);
    return {
      metric: query.metric,
      title: sleMetricOf(query.metric).title,
      from: timeOf(period.from),
      to: timeOf(period.to),
      items: await this.history.worstSites(scope, query.metric, period, query.limit),
    };
  }
}
