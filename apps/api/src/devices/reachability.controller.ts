import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { DAY_MS, MINUTE_MS, siteConnectivity, siteReach, type SiteReach, type Span } from '@app/domain';
import { CLOCK, Database, SETTINGS, siteStretches, type Clock, type Settings } from '@app/shared';
import { ForSiteGroups } from '../access/access.decorators.js';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { Answers, orNull, timeOf } from '../http/answers.js';
import { parsePeriod } from '../http/times.js';
import { chooseBuckets } from '../series/grain.js';
import { HistoryQuery } from '../series/history.query.js';
import { SiteKeys } from '../sle/site-key.js';

const POINT_EXAMPLE = {
  up_minutes: 1440,
  down_minutes: 0,
  unknown_minutes: 0,
  reachability_pct: orNull(100),
  coverage_pct: 100,
};
/** Outages listed at most; the figures hold them all. */
const MAX_OUTAGES = 1000;

const reachJson = ({ upMs, downMs, unknownMs, reachabilityPct, coveragePct }: SiteReach) => ({
  up_minutes: upMs / MINUTE_MS,
  down_minutes: downMs / MINUTE_MS,
  unknown_minutes: unknownMs / MINUTE_MS,
  reachability_pct: reachabilityPct,
  coverage_pct: coveragePct,
});

const pointJson = ({ from, to }: Span, reach: SiteReach) => ({ start: timeOf(from), end: timeOf(to), ...reachJson(reach) });

@ApiTags('sites')
@Controller('v1/orgs/:org/sites/:site/reachability')
export class ReachabilityController {
  constructor(
    @Inject(SiteKeys) private readonly sites: SiteKeys,
    @Inject(Database) private readonly database: Database,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ForSiteGroups()
  @ApiOperation({ summary: 'How long all gateways of a site were disconnected from the cloud' })
  @Answers(
    'Minutes of the period as a whole and by bucket, the first and last cut to the period, and the outages that touch it.',
    {
      site: 'site-1',
      from: '2026-03-01T00:00:00Z',
      to: '2026-03-02T00:00:00Z',
      grain: 'day',
      timezone: 'UTC',
      total: POINT_EXAMPLE,
      points: [{ start: '2026-03-01T00:00:00Z', end: '2026-03-02T00:00:00Z', ...POINT_EXAMPLE }],
      outages: [{ start: '2026-03-01T10:00:00Z', end: '2026-03-01T10:12:30Z', duration_s: 750 }],
    },
  )
  async reachability(@Scope() scope: OrgScope, @Param('site') id: string, @Query() query: HistoryQuery) {
    const now = this.clock.now();
    const site = await this.sites.require(scope, id);
    const period = parsePeriod(query, now, DAY_MS);
    const { grain, buckets } = chooseBuckets({ ...period, grain: query.grain, zone: site.timezone });
    const maxGapMs = this.settings.facts.maxGapMinutes * MINUTE_MS;
    const stretches = await siteStretches(this.database, site.key, { orgId: scope.orgId, period, now, maxGapMs });
    const connectivity = siteConnectivity(stretches);
    return {
      site: site.id,
      from: timeOf(period.from),
      to: timeOf(period.to),
      grain,
      timezone: site.timezone,
      total: reachJson(siteReach(connectivity, period)),
      points: buckets.map((bucket) => {
        const cut = { from: Math.max(bucket.from, period.from), to: Math.min(bucket.to, period.to) };
        return pointJson(cut, siteReach(connectivity, cut));
      }),
      outages: connectivity.down
        .filter(({ from, to }) => from < period.to && to > period.from)
        .slice(0, MAX_OUTAGES)
        .map(({ from, to }) => ({ start: timeOf(from), end: timeOf(to), duration_s: (to - from) / 1000 })),
    };
  }
}
