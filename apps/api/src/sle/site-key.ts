import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';
import { problem } from '../http/problem.js';

export interface SiteKey {
  readonly key: number;
  readonly id: string;
  readonly name: string | null;
  readonly timezone: string;
}

/** Sites of a scope by the id people know. */
@Injectable()
export class SiteKeys extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  /** The site, also one that is no longer listed: its history stays; a problem when there never was one. */
  async require(scope: OrgScope, id: string): Promise<SiteKey> {
    const row = await this.row<SiteKey & Record<string, unknown>>(
      scope,
      `select s.id as key, s.external_id as id, s.name, coalesce(h.timezone, o.reporting_timezone) as timezone
       from site s join org o on o.id = s.org_id left join sle_history_state h on h.org_id = s.org_id where s.org_id = $1 and s.external_id = $2`,
      [id],
    );
    if (row === null) throw problem('not-found');
    return { key: row.key, id: row.id, name: row.name, timezone: row.timezone };
  }

  /** Ids and names by key, of all sites ever listed. */
  async names(scope: OrgScope): Promise<ReadonlyMap<number, { readonly id: string; readonly name: string | null }>> {
    const rows = await this.rows<{ key: number; id: string; name: string | null }>(
      scope,
      'select id as key, external_id as id, name from site where org_id = $1',
    );
    return new Map(rows.map(({ key, id, name }) => [key, { id, name }]));
  }
}
