import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ForSiteGroups } from '../access/access.decorators.js';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { Answers, orNull, sometimes, timeOf } from '../http/answers.js';
import { ClosedPeriod } from '../http/closed-period.js';
import { OffendersService } from './offenders.service.js';
import { OffendersQuery, RankingsQuery } from './rankings.query.js';
import { RankingsService } from './rankings.service.js';

export const RANKED_CIRCUIT_EXAMPLE = {
  id: '020000000101:ge-0/0/0',
  key: 12,
  name: orNull('main line'),
  role: orNull('primary'),
  provider: orNull('Example Telecom'),
  site_id: 'site-1',
  site_name: orNull('Alder Street'),
  region: orNull('North'),
  store_type: orNull('flagship'),
};
/** Sites tell their place too, groups their name only. */
const { id, name, region, ...OF_A_CIRCUIT } = RANKED_CIRCUIT_EXAMPLE;
export const MEMBER_EXAMPLE = {
  id,
  name,
  region: sometimes(region),
  ...Object.fromEntries(Object.entries(OF_A_CIRCUIT).map(([field, value]) => [field, sometimes(value)])),
};

@ApiTags('rankings')
@Controller('v1/orgs/:org')
export class RankingsController {
  constructor(
    @Inject(RankingsService) private readonly service: RankingsService,
    @Inject(OffendersService) private readonly chronic: OffendersService,
  ) {}

  @Get('rankings')
  @ForSiteGroups({ of: ['', 'circuits', 'sites'] })
  @ClosedPeriod()
  @ApiOperation({ summary: 'The worst circuits, sites, regions, providers or store types of a period, worst first, ties by id' })
  @Answers(
    '`value` is the figure in the unit of the KPI. Disabled circuits and those without data are not ranked; `left_out` counts them.',
    {
      by: 'latency',
      of: 'circuits',
      stat: orNull('p95'),
      from: '2026-02-23T00:00:00Z',
      to: '2026-03-02T00:00:00Z',
      timezone: 'UTC',
      ranked: 6400,
      left_out: { disabled: 3, without_data: 12, without_p95: 1 },
      items: [
        { rank: 1, ...MEMBER_EXAMPLE, value: 180.5, p95_coverage_pct: sometimes(orNull(100)), severity: orNull('critical') },
      ],
    },
  )
  async rankings(@Scope() scope: OrgScope, @Query() query: RankingsQuery) {
    const { period, stat, items, ranked, leftOut } = await this.service.rank(scope, query);
    return {
      by: query.by,
      of: query.of,
      stat,
      from: timeOf(period.period.from),
      to: timeOf(period.period.to),
      timezone: period.zone,
      ranked,
      left_out: leftOut,
      items,
    };
  }

  @Get('offenders')
  @ForSiteGroups({ of: ['', 'circuits', 'sites'] })
  @ClosedPeriod()
  @ApiOperation({ summary: 'Chronic offenders: bad on at least three local days of a period, most days first, ties by id' })
  @Answers(
    '`threshold` is that of the organization; overrides count for those they are for. From five days on critical, else major.',
    {
      by: 'utilization',
      of: 'circuits',
      from: '2026-02-23T00:00:00Z',
      to: '2026-03-02T00:00:00Z',
      timezone: 'UTC',
      threshold: 80,
      found: 1,
      items: [{ rank: 1, ...MEMBER_EXAMPLE, days: 5, severity: 'critical' }],
    },
  )
  async offenders(@Scope() scope: OrgScope, @Query() query: OffendersQuery) {
    const { zone, days, threshold, found, items } = await this.chronic.chronic(scope, query);
    return { by: query.by, of: query.of, from: timeOf(days.from), to: timeOf(days.to), timezone: zone, threshold, found, items };
  }
}
