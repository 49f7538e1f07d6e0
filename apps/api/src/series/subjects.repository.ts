import { Inject, Injectable } from '@nestjs/common';
import { UNASSIGNED_REGION } from '@app/domain';
import { CLOCK, Database, orgSubject, type Clock } from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';
import { CircuitsRepository } from '../circuits/circuits.repository.js';
import { problem } from '../http/problem.js';
import type { GroupLevel } from './levels.js';
import type { Subject } from './subject.js';

interface SiteRow {
  readonly key: number;
  readonly id: string;
  readonly zone: string;
  readonly region: string | null;
  readonly store_type: string | null;
}

/** A group exists when something belongs to it, or did. */
const EXISTS: Readonly<Record<Exclude<GroupLevel, 'org'>, string>> = {
  region: `exists (select 1 from site_attribute where org_id = $1 and region = $2) or exists (select 1 from site where org_id = $1 and coalesce(country_code, $4) = $2)`,
  store_type: `exists (select 1 from site_attribute where org_id = $1 and store_type = $2 and $4::text is not null)`,
  provider: `exists (select 1 from circuit_attribute where org_id = $1 and provider = $2 and $4::text is not null)`,
};

const newest = (column: string): string =>
  `(array_agg(t.${column} order by t.source, t.since desc) filter (where t.${column} is not null))[1]`;

/** Finds what a path names; a problem when there is none. */
@Injectable()
export class SubjectsRepository extends ScopedRepository {
  constructor(
    @Inject(Database) database: Database,
    @Inject(CircuitsRepository) private readonly circuits: CircuitsRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super(database);
  }

  async zone(scope: OrgScope): Promise<string> {
    const row = await this.row<{ zone: string }>(scope, 'select reporting_timezone as zone from org where id = $1');
    if (row === null) throw problem('not-found');
    return row.zone;
  }

  async circuit(scope: OrgScope, id: string): Promise<Subject> {
    const row = await this.circuits.find(scope, id, this.clock.now());
    if (row === null) throw problem('not-found');
    return {
      kind: 'circuit',
      circuit: row.key,
      name: { circuit: row.id },
      zone: row.reporting_timezone,
      place: {
        siteId: row.site_id,
        region: row.region ?? row.country_code ?? UNASSIGNED_REGION,
        storeType: row.store_type,
        mac: row.mac,
        portId: row.port_id,
      },
    };
  }

  async site(scope: OrgScope, id: string): Promise<Subject> {
    const row = await this.row<SiteRow>(
      scope,
      `select s.id as key, s.external_id as id, o.reporting_timezone as zone, coalesce(a.region, s.country_code) as region, a.store_type
       from site s join org o on o.id = s.org_id
       left join lateral (select ${newest('region')} as region, ${newest('store_type')} as store_type from site_attribute t
         where t.org_id = s.org_id and t.site_id = s.id and t.since <= $3) a on true
       where s.org_id = $1 and s.external_id = $2`,
      [id, new Date(this.clock.now())],
    );
    if (row === null) throw problem('not-found');
    const place = { siteId: row.id, region: row.region ?? UNASSIGNED_REGION, storeType: row.store_type, mac: null, portId: null };
    return { kind: 'site', site: row.key, name: { site: row.id }, zone: row.zone, place };
  }

  async group(scope: OrgScope, level: Exclude<GroupLevel, 'org'>, key: string): Promise<Subject> {
    const [zone, row] = await Promise.all([
      this.zone(scope),
      this.row<{ found: boolean }>(
        scope,
        `select (${EXISTS[level]} or exists (select 1 from group_day where org_id = $1 and level = $3 and key = $2)) as found`,
        [key, level, UNASSIGNED_REGION],
      ),
    ]);
    if (row?.found !== true) throw problem('not-found');
    const place = { ...orgSubject(''), region: level === 'region' ? key : null, storeType: level === 'store_type' ? key : null };
    return { kind: 'group', group: { level, key }, name: { [level]: key }, zone, place };
  }

  async org(scope: OrgScope): Promise<Subject> {
    return {
      kind: 'group',
      group: { level: 'org', key: '' },
      name: { org: scope.externalId },
      zone: await this.zone(scope),
      place: orgSubject(''),
    };
  }
}
