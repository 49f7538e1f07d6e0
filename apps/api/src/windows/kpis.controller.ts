import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ForSiteGroups } from '../access/access.decorators.js';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { Answers, orNull, timeOf } from '../http/answers.js';
import { ClosedPeriod } from '../http/closed-period.js';
import { MEMBER_EXAMPLE, RANKED_CIRCUIT_EXAMPLE } from '../rankings/rankings.controller.js';
import { POINT_EXAMPLE } from '../series/point.js';
import { KPIS_EXAMPLE } from './kpis-json.js';
import { CircuitWindowsQuery, KpisQuery } from './kpis.query.js';
import { KpisService } from './kpis.service.js';

@ApiTags('rankings')
@Controller('v1/orgs/:org')
export class KpisController {
  constructor(@Inject(KpisService) private readonly service: KpisService) {}

  @Get('kpis')
  @ForSiteGroups({ of: ['', 'circuits', 'sites'] })
  @ClosedPeriod()
  @ApiOperation({ summary: 'Figures of every site, circuit, region, provider or store type over one period, worst first' })
  @Answers('A page of them. Disabled circuits are left out.', {
    of: 'sites',
    sort: 'utilization',
    from: '2026-02-23T00:00:00Z',
    to: '2026-03-02T00:00:00Z',
    timezone: 'UTC',
    items: [{ ...MEMBER_EXAMPLE, ...KPIS_EXAMPLE }],
    next_cursor: orNull('WzEyXQ'),
  })
  async kpis(@Scope() scope: OrgScope, @Query() query: KpisQuery) {
    const { period, zone, page } = await this.service.list(scope, query);
    return { of: query.of, sort: query.sort, from: timeOf(period.from), to: timeOf(period.to), timezone: zone, ...page };
  }

  @Get('circuits/windows')
  @ForSiteGroups()
  @ClosedPeriod()
  @ApiOperation({ summary: 'The N whole hours before an explicit end of every circuit, worst first by the first window' })
  @Answers('A page of circuits, each with a point per length. Disabled circuits are left out.', {
    end: '2026-03-01T11:00:00Z',
    sort: 'utilization',
    items: [{ ...RANKED_CIRCUIT_EXAMPLE, windows: [POINT_EXAMPLE] }],
    next_cursor: orNull('WzEyXQ'),
  })
  async windows(@Scope() scope: OrgScope, @Query() query: CircuitWindowsQuery) {
    const { end, page } = await this.service.circuitWindows(scope, query);
    return { end: timeOf(end), sort: query.sort, ...page };
  }
}
