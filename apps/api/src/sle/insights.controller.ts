import { Controller, Get, Inject, Injectable, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { SEVERITIES, type Severity } from '@app/domain';
import { Database } from '@app/shared';
import { IsIn, IsOptional } from 'class-validator';
import { ForSiteGroups } from '../access/access.decorators.js';
import { Scope, ScopedRepository, type OrgScope } from '../access/org-scope.js';
import { AnswersPage, orNull, snakeKeys, timeOf } from '../http/answers.js';
import { cursorKey, PageQuery, pageOf } from '../http/paging.js';
import { problem } from '../http/problem.js';
import { IsPlainText } from '../http/validation.js';

class SiteInsightsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: SEVERITIES })
  @IsOptional()
  @IsIn(SEVERITIES)
  severity?: Severity;

  @ApiPropertyOptional({ description: 'Metric, e.g. time-to-connect.', type: String })
  @IsOptional()
  @IsPlainText(100)
  metric?: string;
}

class InsightsQuery extends SiteInsightsQuery {
  @ApiPropertyOptional({ description: 'Id of a site.', type: String })
  @IsOptional()
  @IsPlainText()
  site?: string;
}

interface InsightRow {
  readonly site_key: number;
  readonly site_id: string;
  readonly site_name: string | null;
  readonly metric: string;
  readonly at: Date;
  readonly score: number | null;
  readonly severity: string;
  readonly title: string;
  readonly text: string;
  readonly num_aps: number | null;
  readonly num_clients: number | null;
  readonly classifiers: readonly unknown[] | null;
  readonly classifiers_at: Date | null;
}

interface InsightFilter {
  readonly site: string | null;
  readonly severity: string | null;
  readonly metric: string | null;
  readonly after: readonly [number, string] | null;
  readonly limit: number;
}

@Injectable()
export class InsightsRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  list(scope: OrgScope, filter: InsightFilter): Promise<InsightRow[]> {
    return this.rows<InsightRow>(
      scope,
      `select q.site_id as site_key, s.external_id as site_id, s.name as site_name, q.metric, q.at, q.score, q.severity, q.title, q.text, q.num_aps,
         q.num_clients, d.classifiers, d.at as classifiers_at
       from site_sle q join site s on s.org_id = q.org_id and s.id = q.site_id
       left join sle_detail d on d.org_id = q.org_id and d.site_id = q.site_id and d.metric = q.metric
       where q.org_id = $1 and ($2::text is null or s.external_id = $2) and ($3::text is null or q.severity = $3) and ($4::text is null or q.metric = $4)
         and ($5::integer is null or (q.site_id, q.metric) > ($5, $6))
       order by q.site_id, q.metric limit $7`,
      [filter.site, filter.severity, filter.metric, filter.after?.[0] ?? null, filter.after?.[1] ?? '', filter.limit],
    );
  }

  async hasSite(scope: OrgScope, site: string): Promise<boolean> {
    return (await this.row(scope, 'select 1 as found from site where org_id = $1 and external_id = $2', [site])) !== null;
  }
}

const insightJson = ({ site_key: _key, ...row }: InsightRow) => ({
  ...row,
  at: timeOf(row.at),
  classifiers_at: timeOf(row.classifiers_at),
  classifiers: snakeKeys(row.classifiers ?? []),
});

const EXAMPLE = {
  site_id: 'site-1',
  site_name: orNull('Alder Street'),
  metric: 'time-to-connect',
  at: '2026-03-01T12:00:00Z',
  score: orNull(0.612),
  severity: 'critical',
  title: 'Time to Connect',
  text: '61.2% - 4 APs, 20 clients',
  num_aps: orNull(4),
  num_clients: orNull(20),
  classifiers: orNull([
    {
      name: 'dhcp-nack',
      title: 'DHCP Nack',
      degraded_pct: orNull(31.4),
      cause_pct: orNull(81),
      num_users: orNull(9),
      num_aps: orNull(3),
    },
  ]),
  classifiers_at: orNull('2026-03-01T12:00:00Z'),
};

const INT4 = 2_147_483_647;

@ApiTags('service levels')
@Controller('v1/orgs/:org')
export class InsightsController {
  constructor(@Inject(InsightsRepository) private readonly insights: InsightsRepository) {}

  @Get('insights')
  @ForSiteGroups()
  @ApiOperation({ summary: 'Newest judgement of every metric of every site' })
  @AnswersPage('A page of insights, by site and metric.', EXAMPLE)
  ofOrg(@Scope() scope: OrgScope, @Query() query: InsightsQuery) {
    return this.page(scope, query, query.site ?? null);
  }

  @Get('sites/:site/insights')
  @ForSiteGroups()
  @ApiOperation({ summary: 'Newest judgement of every metric of a site' })
  @AnswersPage('The insights of the site.', EXAMPLE)
  async ofSite(@Scope() scope: OrgScope, @Param('site') site: string, @Query() query: SiteInsightsQuery) {
    if (!(await this.insights.hasSite(scope, site))) throw problem('not-found');
    return this.page(scope, query, site);
  }

  private async page(scope: OrgScope, query: SiteInsightsQuery, site: string | null) {
    const key = cursorKey(query, 2);
    const after = key === null ? null : ([Math.min(INT4, Math.max(0, Math.trunc(Number(key[0]) || 0))), String(key[1])] as const);
    const rows = await this.insights.list(scope, {
      site,
      severity: query.severity ?? null,
      metric: query.metric ?? null,
      after,
      limit: query.limit + 1,
    });
    return pageOf(rows, query.limit, { item: insightJson, key: (row) => [row.site_key, row.metric] });
  }
}
