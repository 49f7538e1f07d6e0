import { Injectable } from '@nestjs/common';
import { regionOf, type RegionRule } from '@app/domain';
import type { Queryable } from '@app/shared';

interface SiteRegion {
  readonly site_id: number;
  readonly country_code: string | null;
  readonly group_names: string[];
  readonly region: string | null;
}

/** Keeps the dated region of every site equal to what Mist's site groups say now. */
@Injectable()
export class RegionsService {
  /** The first region of a site holds since ever; a later one from the moment it was seen. */
  async refresh(db: Queryable, orgId: number, rule: RegionRule | undefined, observedAt: Date): Promise<number> {
    const sites = await db.query<SiteRegion>(
      `select s.id as site_id, s.country_code,
              coalesce((select array_agg(g.name) from site_group g where g.org_id = $1 and g.external_id = any(s.sitegroup_ids)), '{}') as group_names,
              (select a.region from site_attribute a where a.org_id = $1 and a.site_id = s.id and a.source = 'mist'
               order by a.since desc limit 1) as region
       from site s where s.org_id = $1 and s.observed_at is not null`,
      [orgId],
    );
    const moved = sites
      .map((site) => ({ ...site, now: regionOf(site.group_names, site.country_code, rule) }))
      .filter((site) => site.now !== site.region);
    if (moved.length === 0) return 0;
    await db.query(
      `insert into site_attribute (org_id, site_id, source, since, region)
       select $1, u.site, 'mist', case when u.first then '-infinity'::timestamptz else $2 end, u.region
       from unnest($3::int[], $4::text[], $5::bool[]) as u (site, region, first)
       on conflict (org_id, site_id, source, since) do update set region = excluded.region`,
      [
        orgId,
        observedAt,
        moved.map((site) => site.site_id),
        moved.map((site) => site.now),
        moved.map((site) => site.region === null),
      ],
    );
    return moved.length;
  }
}
