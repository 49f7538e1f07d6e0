import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { HEALTH_STATUSES } from '@app/domain';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { Answers, nullOr, orNull } from '../http/answers.js';
import { CurrentStateService } from './current-state.service.js';
import { SITE_HEALTH_EXAMPLE, siteHealthJson } from './site-json.js';

@ApiTags('health')
@Controller('v1/orgs/:org/health')
export class HealthController {
  constructor(@Inject(CurrentStateService) private readonly current: CurrentStateService) {}

  @Get()
  @ApiOperation({
    summary: 'Status of the organization and of every site, with its parts, the age of the data and why it is old',
  })
  @Answers('As of now.', {
    id: 'org-1',
    name: orNull('Example Retail'),
    status: 'UNHEALTHY',
    data_age_s: orNull(64),
    stale_reason: nullOr('text'),
    counts: { UNKNOWN: 0, HEALTHY: 3200, DEGRADED: 5, UNHEALTHY: 3, CRITICAL: 0 },
    sites: [SITE_HEALTH_EXAMPLE],
  })
  async health(@Scope() scope: OrgScope) {
    const org = await this.current.org(scope);
    return {
      id: org.id,
      name: org.name,
      status: org.status,
      data_age_s: org.dataAgeMs === null ? null : Math.floor(org.dataAgeMs / 1000),
      stale_reason: org.staleReason,
      counts: Object.fromEntries(
        HEALTH_STATUSES.map((status) => [status, org.sites.filter((site) => site.status === status).length]),
      ),
      sites: org.sites.map(siteHealthJson),
    };
  }
}
