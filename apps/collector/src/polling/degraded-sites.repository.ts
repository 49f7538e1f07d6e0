import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@app/shared';

export interface DegradedSite {
  readonly siteId: string;
  /** Canonical names, the worst first. */
  readonly metrics: readonly string[];
}

/** Which sites have something to explain, from their last scores. */
@Injectable()
export class DegradedSites {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** The worst severity first, then those whose detail is oldest or was never read. */
  async list(orgRowId: number, limit: number): Promise<DegradedSite[]> {
    return this.database.query<DegradedSite & Record<string, unknown>>(
      `with degraded as (
         select s.external_id as site, e.metric, e.score, d.at,
                array_position(array['critical', 'major', 'warning'], e.severity) as rank
         from site_sle e
         join site s on s.org_id = e.org_id and s.id = e.site_id and s.removed_at is null
         left join sle_detail d on d.org_id = e.org_id and d.site_id = e.site_id and d.metric = e.metric
         where e.org_id = $1 and e.severity in ('critical', 'major', 'warning')
       )
       select site as "siteId", array_agg(metric order by rank, score, metric) as metrics
       from degraded group by site
       order by min(rank), min(coalesce(at, '-infinity')), min(score), site
       limit $2`,
      [orgRowId, limit],
    );
  }
}
