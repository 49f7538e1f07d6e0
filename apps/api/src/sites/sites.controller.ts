import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { HEALTH_STATUSES, type HealthStatus } from '@app/domain';
import type { SiteNow } from '@app/shared';
import { IsIn, IsOptional } from 'class-validator';
import { ForSiteGroups } from '../access/access.decorators.js';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { CIRCUIT_EXAMPLE, circuitJson } from '../circuits/circuit-json.js';
import { Answers, AnswersPage, orNull, timeOf } from '../http/answers.js';
import { cursorKey, PageQuery, pageOf } from '../http/paging.js';
import { IsPlainText } from '../http/validation.js';
import { CurrentStateService } from './current-state.service.js';
import { SITE_EXAMPLE, siteJson } from './site-json.js';

class SitesQuery extends PageQuery {
  @ApiPropertyOptional({ enum: HEALTH_STATUSES })
  @IsOptional()
  @IsIn(HEALTH_STATUSES)
  status?: HealthStatus;

  @ApiPropertyOptional({ description: 'Name of a region.', type: String })
  @IsOptional()
  @IsPlainText()
  region?: string;

  @ApiPropertyOptional({ description: 'Part of the name or id, in any case.', type: String })
  @IsOptional()
  @IsPlainText(100)
  q?: string;
}

function matches({ row, status, region }: SiteNow, query: SitesQuery): boolean {
  const wanted = query.q?.toLowerCase();
  const hasText = wanted === undefined || `${row.name ?? ''}\n${row.externalId}`.toLowerCase().includes(wanted);
  return (
    hasText && (query.status === undefined || status === query.status) && (query.region === undefined || region === query.region)
  );
}

const sleJson = ({ sle }: SiteNow) =>
  sle.map(({ metric, title, at, score, severity, text }) => ({ metric, title, at: timeOf(at), score, severity, text }));

@ApiTags('sites')
@Controller('v1/orgs/:org/sites')
export class SitesController {
  constructor(@Inject(CurrentStateService) private readonly current: CurrentStateService) {}

  @Get()
  @ForSiteGroups()
  @ApiOperation({ summary: 'Sites with their status, in a stable order' })
  @AnswersPage('A page of sites.', SITE_EXAMPLE)
  async list(@Scope() scope: OrgScope, @Query() query: SitesQuery) {
    const after = Number(cursorKey(query, 1)?.[0] ?? 0);
    const { sites } = await this.current.org(scope);
    const found = sites.filter((site) => site.row.id > after && matches(site, query));
    return pageOf(found.slice(0, query.limit + 1), query.limit, { item: siteJson, key: ({ row }) => [row.id] });
  }

  @Get(':site')
  @ForSiteGroups()
  @ApiOperation({ summary: 'One site: status with its parts, service levels and circuits' })
  @Answers('The site as of now.', {
    ...SITE_EXAMPLE,
    service_levels: [
      {
        metric: 'coverage',
        title: 'Coverage',
        at: '2026-03-01T12:00:00Z',
        score: orNull(0.97),
        severity: 'info',
        text: '97.0% - 4 APs, 20 clients',
      },
    ],
    circuit_list: [CIRCUIT_EXAMPLE],
  })
  async one(@Scope() scope: OrgScope, @Param('site') id: string) {
    const site = await this.current.site(scope, id);
    return {
      ...siteJson(site),
      service_levels: sleJson(site),
      circuit_list: site.circuits.map((circuit) => circuitJson(circuit, site)),
    };
  }

  @Get(':site/circuits')
  @ForSiteGroups()
  @ApiOperation({ summary: 'Circuits of a site' })
  @AnswersPage('All of them; never more than one page.', CIRCUIT_EXAMPLE)
  async circuits(@Scope() scope: OrgScope, @Param('site') id: string) {
    const site = await this.current.site(scope, id);
    return { items: site.circuits.map((circuit) => circuitJson(circuit, site)), next_cursor: null };
  }
}
