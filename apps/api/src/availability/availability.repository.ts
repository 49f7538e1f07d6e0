import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';

@Injectable()
export class AvailabilityRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  async zone(scope: OrgScope): Promise<string> {
    const row = await this.row<{ zone: string }>(scope, 'select reporting_timezone as zone from org where id = $1');
    return row?.zone ?? 'UTC';
  }

  /** Regions are known by their days. */
  async isRegion(scope: OrgScope, region: string): Promise<boolean> {
    if (region.includes('\0')) return false;
    const row = await this.row<{ known: number }>(
      scope,
      `select 1 as known from group_day where org_id = $1 and level = 'region' and key = $2 limit 1`,
      [region],
    );
    return row !== null;
  }
}
