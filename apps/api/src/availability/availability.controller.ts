import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CLOCK, type Clock } from '@app/shared';
import { ForSiteGroups } from '../access/access.decorators.js';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { CircuitsRepository } from '../circuits/circuits.repository.js';
import { Answers, timeOf } from '../http/answers.js';
import { ClosedPeriod } from '../http/closed-period.js';
import { problem } from '../http/problem.js';
import { OptionalTime } from '../http/validation.js';
import { CIRCUITS_EXAMPLE, GROUP_EXAMPLE, monthJson, outageJson, timeJson } from './availability-json.js';
import { AvailabilityRepository } from './availability.repository.js';
import { AvailabilityService, type Asked, type Times } from './availability.service.js';

/** Outages listed in the answer itself; all are pages of `outages`. */
const LISTED_OUTAGES = 100;
/** Rollups keep the organization as a group without a name. */
const ORG_KEY = '';

class AvailabilityQuery {
  @OptionalTime('Start, RFC 3339; default the first of the month twelve months before that of the last instant before `to`.')
  from?: string;

  @OptionalTime('End, RFC 3339; default now.')
  to?: string;
}

const timesJson = ({ span, time, months }: Times, { zone }: Asked) => ({
  from: timeOf(span.from),
  to: timeOf(span.to),
  timezone: zone,
  ...timeJson(time),
  months: months.map(monthJson),
});

@ApiTags('availability')
@Controller('v1/orgs/:org')
export class AvailabilityController {
  constructor(
    @Inject(AvailabilityService) private readonly availability: AvailabilityService,
    @Inject(AvailabilityRepository) private readonly repository: AvailabilityRepository,
    @Inject(CircuitsRepository) private readonly circuits: CircuitsRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('availability')
  @ClosedPeriod({ wholeDays: true })
  @ApiOperation({ summary: 'Availability of all circuits together, net of maintenance beside it, by month; whole local days' })
  @Answers('Sums of minutes over all circuits, never a mean of percentages.', GROUP_EXAMPLE)
  async org(@Scope() scope: OrgScope, @Query() query: AvailabilityQuery) {
    const asked = this.availability.period(query, await this.repository.zone(scope));
    return timesJson(await this.availability.ofGroup(scope, { level: 'org', key: ORG_KEY }, asked), asked);
  }

  @Get('regions/:region/availability')
  @ClosedPeriod({ wholeDays: true })
  @ApiOperation({ summary: 'Availability of the circuits of a region, by the region of the time; whole local days' })
  @Answers('Sums of minutes over the circuits of the region.', GROUP_EXAMPLE)
  async region(@Scope() scope: OrgScope, @Param('region') region: string, @Query() query: AvailabilityQuery) {
    const asked = this.availability.period(query, await this.repository.zone(scope));
    if (!(await this.repository.isRegion(scope, region))) throw problem('not-found');
    return timesJson(await this.availability.ofGroup(scope, { level: 'region', key: region }, asked), asked);
  }

  @Get('sites/:site/availability')
  @ForSiteGroups()
  @ClosedPeriod()
  @ApiOperation({ summary: 'Availability of the circuits of a site, net of maintenance beside it, by month' })
  @Answers('Sums of minutes over the hours in which circuits were there.', GROUP_EXAMPLE)
  async site(@Scope() scope: OrgScope, @Param('site') site: string, @Query() query: AvailabilityQuery) {
    const key = await this.circuits.siteKey(scope, site);
    if (key === null) throw problem('not-found');
    const asked = this.availability.period(query, await this.repository.zone(scope));
    return timesJson(await this.availability.ofSite(scope, key, asked), asked);
  }

  @Get('circuits/:circuit/availability')
  @ForSiteGroups()
  @ApiOperation({ summary: 'Availability of a circuit, net of maintenance beside it, by month, and its outages' })
  @Answers('Whole hours that start in the period. The longest outages are in the list when it is cut.', CIRCUITS_EXAMPLE)
  async circuit(@Scope() scope: OrgScope, @Param('circuit') id: string, @Query() query: AvailabilityQuery) {
    const circuit = await this.circuits.find(scope, id, this.clock.now());
    if (circuit === null) throw problem('not-found');
    const asked = this.availability.period(query, circuit.reporting_timezone);
    const [times, outages] = await Promise.all([
      this.availability.ofCircuit(scope, circuit.key, asked),
      this.availability.outages(scope, circuit.key, asked),
    ]);
    const longest = [...outages].sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start);
    const listed = longest.slice(0, LISTED_OUTAGES).sort((a, b) => a.start - b.start);
    return {
      ...timesJson(times, asked),
      outages: {
        count: outages.length,
        outside_maintenance: outages.filter(({ downMs, maintenanceMs }) => maintenanceMs < downMs).length,
        longest_s: longest[0] === undefined ? null : (longest[0].end - longest[0].start) / 1000,
        down_s: outages.reduce((sum, { downMs }) => sum + downMs, 0) / 1000,
        items: listed.map(outageJson),
        is_cut: listed.length < outages.length,
      },
    };
  }
}
