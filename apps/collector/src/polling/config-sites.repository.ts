import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@app/shared';

export interface ConfigSite {
  readonly siteId: string;
  /** From which gateways of the site inherit. */
  readonly templateId: string | null;
}

export interface DueSites {
  readonly now: number;
  readonly everyMs: number;
}

const DAY_MS = 86_400_000;
/** Read again after this; less than a day, so that a site does not slip from one day's poll into the next day's. */
const AGAIN_MS = 22 * 3_600_000;
/** A small org is read at once. */
const MIN_SITES = 100;

/** Sites whose gateways' configuration is to be read: all of them once a day, some at each poll. */
@Injectable()
export class ConfigSites {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Those never read first; else in an order that differs from poll to poll, so that sites that fail hold nobody back. */
  due(orgRowId: number, { now, everyMs }: DueSites): Promise<ConfigSite[]> {
    return this.database.query<ConfigSite & Record<string, unknown>>(
      `with own as (
         select s.external_id, s.gateway_template_id, s.gateway_config_at from site s
         where s.org_id = $1 and s.removed_at is null
           and exists (select 1 from circuit c where c.org_id = s.org_id and c.site_id = s.id and c.is_live)
       )
       select external_id as "siteId", gateway_template_id as "templateId" from own
       where coalesce(gateway_config_at, '-infinity') < $2
       order by gateway_config_at is not null, md5(external_id || $3)
       limit (select greatest($4, ceil(count(*) * $5::float8 / $6))::int from own)`,
      [orgRowId, new Date(now - AGAIN_MS), String(now), MIN_SITES, everyMs, DAY_MS],
    );
  }
}
