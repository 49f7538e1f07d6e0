import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { bucketOf, DAY_MS, firstHourIn, healthChange, HOUR_MS, hourOf, meanHealth, trailingHours, type Span } from '@app/domain';
import { CLOCK, Database, healthHistory, SETTINGS, type Clock, type HealthRow, type Settings } from '@app/shared';
import { ForSiteGroups } from '../access/access.decorators.js';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { Answers, orNull, timeOf } from '../http/answers.js';
import { ClosedPeriod } from '../http/closed-period.js';
import { parsePeriod } from '../http/times.js';
import { chooseBuckets } from '../series/grain.js';
import { HistoryQuery } from '../series/history.query.js';
import { SiteKeys, type SiteKey } from './site-key.js';

@ApiTags('health')
@Controller('v1/orgs/:org/sites/:site/health')
export class HealthHistoryController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(SiteKeys) private readonly sites: SiteKeys,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('history')
  @ForSiteGroups()
  @ClosedPeriod()
  @ApiOperation({ summary: 'Health score 0-100 of a site over time, and the 24 hours before `to` against the day before' })
  @Answers('At most 750 points, ascending. A score is null when under half of the service levels are known.', {
    site: 'site-1',
    from: '2026-03-01T00:00:00Z',
    to: '2026-03-02T00:00:00Z',
    grain: 'day',
    timezone: 'UTC',
    points: [{ start: '2026-03-01T00:00:00Z', end: '2026-03-02T00:00:00Z', score: orNull(87.4), hours: 24 }],
    change: { running_24h: orNull(74.1), previous_day: orNull(87.4), lost_points: orNull(13.3), is_drop: true },
  })
  async history(@Scope() scope: OrgScope, @Param('site') id: string, @Query() query: HistoryQuery) {
    const site = await this.sites.require(scope, id);
    const asked = parsePeriod(query, hourOf(this.clock.now()), DAY_MS);
    const period = { from: firstHourIn(asked.from), to: firstHourIn(asked.to) };
    const { grain, buckets } = chooseBuckets({ ...period, grain: query.grain, zone: site.timezone });
    const outer = { from: buckets[0]?.from ?? period.from, to: buckets.at(-1)?.to ?? period.to };
    const rows = await this.rows(scope, site, grain === 'hour' ? 'hour' : 'day', outer);
    return {
      site: site.id,
      from: timeOf(asked.from),
      to: timeOf(asked.to),
      grain,
      timezone: site.timezone,
      points: pointsOf(rows, buckets),
      change: await this.change(scope, site, period.to),
    };
  }

  /** The 24 whole hours before `end` against the last local day that ended by then. */
  private async change(scope: OrgScope, site: SiteKey, end: number) {
    const today = bucketOf(end, 'day', site.timezone);
    const yesterday = bucketOf(today.from - HOUR_MS, 'day', site.timezone);
    const [hours, days] = await Promise.all([
      this.rows(scope, site, 'hour', trailingHours(end, 24)),
      this.rows(scope, site, 'day', yesterday),
    ]);
    const running = meanHealth(hours.map(({ score }) => score));
    const { running24h, previousDay, lostPoints, isDrop } = healthChange(
      running,
      days[0]?.score ?? null,
      this.settings.health.dropPoints,
    );
    return { running_24h: running24h, previous_day: previousDay, lost_points: lostPoints, is_drop: isDrop };
  }

  private rows(scope: OrgScope, site: SiteKey, grain: 'hour' | 'day', period: Span): Promise<HealthRow[]> {
    return healthHistory(this.database, { orgId: scope.orgId, siteId: site.key, grain, period });
  }
}

/** Weeks and months are means of their hours: each day counts by the hours that have a score. */
function pointsOf(rows: readonly HealthRow[], buckets: readonly Span[]) {
  let next = 0;
  return buckets.map(({ from, to }) => {
    let [hours, sum] = [0, 0];
    for (let row = rows[next]; row !== undefined && row.start < to; row = rows[++next]) {
      hours += row.hours;
      sum += (row.score ?? 0) * row.hours;
    }
    return { start: timeOf(from), end: timeOf(to), score: hours === 0 ? null : sum / hours, hours };
  });
}
