import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { bucketOf, DAY_MS, describeTrendMetric, trendDays, trendWindows, type Trend, type TrendWindows } from '@app/domain';
import { CLOCK, type Clock } from '@app/shared';
import { ForSiteGroups } from '../access/access.decorators.js';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { CircuitsRepository } from '../circuits/circuits.repository.js';
import { Answers, orNull, timeOf } from '../http/answers.js';
import { ClosedPeriod } from '../http/closed-period.js';
import { cursorKey, pageOf } from '../http/paging.js';
import { invalid, problem } from '../http/problem.js';
import { parseTime } from '../http/times.js';
import { SLE_METRIC_IDS } from '../sle/worst-sites.query.js';
import { TrendSubjects } from './subjects.repository.js';
import { metricsOf, TrendsQuery, TrendWindowQuery, WAN_TREND_IDS, windowHoursOf } from './trends.query.js';
import { TrendsService, worstFirst, type Ranked, type SubjectTrend } from './trends.service.js';

const EXAMPLE = {
  level: 'circuit',
  id: '020000000101:ge-0/0/0',
  name: orNull('main line'),
  site_id: orNull('site-1'),
  site_name: orNull('Alder Street'),
  metric: 'utilization',
  title: 'Utilization',
  unit: '%',
  before: orNull(48.2),
  now: orNull(61.4),
  change_pct: orNull(27.4),
  direction: 'worsening',
  arrow: orNull('↑'),
  word: orNull('worse'),
};
const WINDOWS_EXAMPLE = {
  window: { from: '2026-03-01T12:00:00Z', to: '2026-03-02T12:00:00Z' },
  before: { from: '2026-02-28T12:00:00Z', to: '2026-03-01T12:00:00Z' },
};

const trendJson = ({ level, subject, trend }: SubjectTrend) => ({
  level,
  id: subject.id,
  name: subject.name,
  site_id: subject.siteId,
  site_name: subject.siteName,
  metric: trend.metric,
  ...describeTrendMetric(trend.metric),
  before: trend.yesterday,
  now: trend.today,
  change_pct: trend.changePct,
  direction: trend.direction,
  arrow: trend.arrow,
  word: trend.word,
});

const spanJson = ({ from, to }: TrendWindows['now']) => ({ from: timeOf(from), to: timeOf(to) });

@ApiTags('trends')
@Controller('v1/orgs/:org')
export class TrendsController {
  constructor(
    @Inject(TrendsService) private readonly trends: TrendsService,
    @Inject(TrendSubjects) private readonly subjects: TrendSubjects,
    @Inject(CircuitsRepository) private readonly circuits: CircuitsRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('trends')
  @ForSiteGroups({ level: ['', 'circuit', 'site', 'sle'] })
  @ClosedPeriod()
  @ApiOperation({
    summary: 'Circuits, sites, regions, the organization or service levels against the same window a day or week before',
  })
  @Answers('A page of trends: worsening first, by how much. Scores of service levels are shares 0..1.', {
    ...WINDOWS_EXAMPLE,
    items: [EXAMPLE],
    next_cursor: orNull('WzEyXQ'),
  })
  async list(@Scope() scope: OrgScope, @Query() query: TrendsQuery) {
    const metrics = metricsOf(query);
    const windows = await this.windowsOf(scope, query);
    const after = afterOf(query);
    const siteKey = query.site === undefined ? null : await this.subjects.siteKey(scope, query.site);
    const all =
      query.site !== undefined && siteKey === null
        ? []
        : await this.trends.of(scope, { level: query.level, metrics, windows, siteKey });
    const found = all.filter(
      (each) =>
        (query.direction === undefined || each.trend.direction === query.direction) &&
        (query.region === undefined || each.key === query.region) &&
        (after === null || worstFirst(each, after) > 0),
    );
    const page = pageOf(found.slice(0, query.limit + 1), query.limit, { item: trendJson, key: cursorOf });
    return { window: spanJson(windows.now), before: spanJson(windows.before), ...page };
  }

  @Get('circuits/:circuit/trends')
  @ForSiteGroups()
  @ClosedPeriod()
  @ApiOperation({ summary: 'Every figure of a circuit against the same window a day or week before' })
  @Answers('All of them, worst first.', { ...WINDOWS_EXAMPLE, items: [EXAMPLE] })
  async ofCircuit(@Scope() scope: OrgScope, @Param('circuit') id: string, @Query() query: TrendWindowQuery) {
    const circuit = await this.circuits.find(scope, id, this.clock.now());
    if (circuit === null) throw problem('not-found');
    const windows = await this.windowsOf(scope, query);
    const asked = { level: 'circuit', metrics: WAN_TREND_IDS, windows, siteKey: null, circuitKey: circuit.key } as const;
    return answer(windows, await this.trends.of(scope, asked));
  }

  @Get('sites/:site/trends')
  @ForSiteGroups()
  @ClosedPeriod()
  @ApiOperation({ summary: 'WAN figures and service levels of a site against the same window a day or week before' })
  @Answers('All of them, worst first.', { ...WINDOWS_EXAMPLE, items: [EXAMPLE] })
  async ofSite(@Scope() scope: OrgScope, @Param('site') id: string, @Query() query: TrendWindowQuery) {
    const siteKey = await this.subjects.siteKey(scope, id);
    if (siteKey === null) throw problem('not-found');
    const windows = await this.windowsOf(scope, query);
    const [wan, sle] = await Promise.all([
      this.trends.of(scope, { level: 'site', metrics: WAN_TREND_IDS, windows, siteKey }),
      this.trends.of(scope, { level: 'sle', metrics: SLE_METRIC_IDS, windows, siteKey }),
    ]);
    return answer(windows, [...wan, ...sle].sort(worstFirst));
  }

  private async windowsOf(scope: OrgScope, query: TrendWindowQuery): Promise<TrendWindows> {
    const hours = windowHoursOf(query);
    if (query.day === undefined) {
      const end = query.end === undefined ? this.clock.now() : parseTime('end', query.end);
      return trendWindows(end, query.against, hours);
    }
    if (query.end !== undefined) throw invalid('day', 'day and end exclude each other');
    const zone = await this.subjects.timezone(scope);
    return trendDays(instantOf(query.day, zone), query.against, zone);
  }
}

/** An instant inside the local day of that name. */
function instantOf(day: string, zone: string): number {
  const noon = parseTime('day', `${day}T12:00:00Z`);
  const candidates = [noon, noon - DAY_MS, noon + DAY_MS];
  const found = candidates.find((at) => bucketOf(at, 'day', zone).key === day);
  // Not a day of the calendar, such as the 30th of February, or one that the zone left out.
  if (found === undefined) throw invalid('day', 'day must be a date such as 2026-03-01');
  return found;
}

const answer = (windows: TrendWindows, trends: readonly SubjectTrend[]) => ({
  window: spanJson(windows.now),
  before: spanJson(windows.before),
  items: trends.map(trendJson),
});

const cursorOf = ({ key, trend }: SubjectTrend): string[] => [
  trend.direction,
  String(trend.worsenedPct ?? ''),
  trend.metric,
  key,
];

/** The last trend of the page before, as far as the order depends on it. */
function afterOf(query: TrendsQuery): Ranked | null {
  const key = cursorKey(query, 4);
  if (key === null) return null;
  const [direction = '', worsened = '', metric = '', subject = ''] = key.map(String);
  const worsenedPct = worsened === '' ? null : Number(worsened);
  const isDirection = ['worsening', 'improving', 'stable', 'no_baseline', 'no_data'].includes(direction);
  if (!isDirection || Number.isNaN(worsenedPct)) throw invalid('cursor', 'cursor must be the next_cursor of the page before');
  return { key: subject, trend: { direction: direction as Trend['direction'], worsenedPct, metric } };
}
