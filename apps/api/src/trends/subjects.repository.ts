import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';

/** What a trend is about, as people know it. */
export interface TrendSubject {
  readonly id: string;
  readonly name: string | null;
  readonly siteId: string | null;
  readonly siteName: string | null;
}

interface Row {
  readonly key: number;
  readonly id: string;
  readonly name: string | null;
  readonly site_id: string;
  readonly site_name: string | null;
}

@Injectable()
export class TrendSubjects extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  /** Circuits in use of sites that are listed, by key; a disabled port is no circuit. One that is asked for is there in any case. */
  async circuits(scope: OrgScope, siteKey: number | null, circuitKey: number | null): Promise<ReadonlyMap<string, TrendSubject>> {
    const rows = await this.rows<Row>(
      scope,
      `select c.id as key, c.mac || ':' || c.port_id as id, coalesce(a.name, c.wan_name) as name, s.external_id as site_id, s.name as site_name
       from circuit c join site s on s.org_id = c.org_id and s.id = c.site_id
       left join lateral (select t.name from circuit_attribute t where t.org_id = c.org_id and t.circuit_id = c.id and t.name is not null
         order by t.source = 'configured' desc, t.since desc limit 1) a on true
       where c.org_id = $1 and ($2::int is null or s.id = $2)
         and case when $3::int is null then not c.disabled and s.removed_at is null else c.id = $3 end`,
      [siteKey, circuitKey],
    );
    return new Map(rows.map((row) => [String(row.key), subjectOf(row)]));
  }

  /** Sites that are listed, or the one that is asked for, by key. */
  async sites(scope: OrgScope, siteKey: number | null): Promise<ReadonlyMap<string, TrendSubject>> {
    const rows = await this.rows<Row>(
      scope,
      `select id as key, external_id as id, name, external_id as site_id, name as site_name from site
       where org_id = $1 and case when $2::int is null then removed_at is null else id = $2 end`,
      [siteKey],
    );
    return new Map(rows.map((row) => [String(row.key), subjectOf(row)]));
  }

  /** Key of a site by its id; null when there is none. */
  async siteKey(scope: OrgScope, id: string): Promise<number | null> {
    const row = await this.row<{ id: number }>(scope, 'select id from site where org_id = $1 and external_id = $2', [id]);
    return row?.id ?? null;
  }

  async timezone(scope: OrgScope): Promise<string> {
    const row = await this.row<{ zone: string }>(scope, 'select reporting_timezone as zone from org where id = $1');
    return row?.zone ?? 'UTC';
  }
}

const subjectOf = ({ id, name, site_id, site_name }: Row): TrendSubject => ({ id, name, siteId: site_id, siteName: site_name });
