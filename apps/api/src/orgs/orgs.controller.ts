import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Database } from '@app/shared';
import { ForSiteGroups } from '../access/access.decorators.js';
import { Caller, OrgScope } from '../access/org-scope.js';
import type { Principal } from '../access/principal.js';
import { AnswersPage, orNull } from '../http/answers.js';

interface OrgRow {
  readonly id: string;
  /** Our number of it, by which /metrics names it. */
  readonly key: number;
  readonly name: string | null;
  readonly reporting_timezone: string;
  readonly sites: number;
  readonly circuits: number;
}

@ApiTags('organizations')
@Controller('v1/orgs')
export class OrgsController {
  constructor(@Inject(Database) private readonly database: Database) {}

  @Get()
  @ForSiteGroups()
  @ApiOperation({ summary: 'The organizations the key reaches' })
  @AnswersPage('All of them; never more than one page.', {
    id: 'org-1',
    key: 1,
    name: orNull('Example Retail'),
    reporting_timezone: 'UTC',
    sites: 3208,
    circuits: 6416,
  })
  async list(@Caller() caller: Principal): Promise<{ items: OrgRow[]; next_cursor: null }> {
    const whole = caller.orgs.filter(({ siteGroups }) => siteGroups === null);
    const items = whole.length === 0 ? [] : await this.rows(whole.map(({ id }) => id));
    for (const { externalId } of caller.orgs) {
      const scope = OrgScope.granted(caller, externalId);
      if (scope?.isLimited === true) items.push(...(await scope.inside(() => this.rows([scope.orgId]))));
    }
    return { items: items.sort((a, b) => (a.id < b.id ? -1 : 1)), next_cursor: null };
  }

  private rows(orgIds: readonly number[]): Promise<OrgRow[]> {
    return this.database.query<OrgRow>(
      `select o.external_id as id, o.id as key, o.name, o.reporting_timezone,
         (select count(*) from site s where s.org_id = o.id and s.removed_at is null) as sites,
         (select count(*) from circuit c where c.org_id = o.id) as circuits
       from org o where o.id = any($1) order by o.external_id`,
      [orgIds],
    );
  }
}
