import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';

export const DEVICE_TYPES = ['gateway', 'ap', 'switch'] as const;
export type DeviceType = (typeof DEVICE_TYPES)[number];

export interface DeviceRow {
  readonly key: number;
  readonly mac: string;
  readonly name: string | null;
  readonly type: DeviceType;
  readonly model: string | null;
  readonly version: string | null;
  readonly site_id: string | null;
  readonly site_name: string | null;
  readonly connected: boolean | null;
  readonly connected_since: Date | null;
  readonly observed_at: Date | null;
}

export interface DeviceFilter {
  readonly type: string | null;
  readonly site: string | null;
  readonly connected: boolean | null;
  readonly model: string | null;
  readonly version: string | null;
  readonly q: string | null;
  readonly after: number;
  readonly limit: number;
}

const COLUMNS = `d.id as key, d.mac, d.name, d.type, d.model, d.version, s.external_id as site_id, s.name as site_name, d.connected, d.connected_since,
  d.observed_at from device d left join site s on s.org_id = d.org_id and s.id = d.site_id`;

@Injectable()
export class DevicesRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  list(scope: OrgScope, filter: DeviceFilter): Promise<DeviceRow[]> {
    return this.rows<DeviceRow & Record<string, unknown>>(
      scope,
      `select ${COLUMNS} where d.org_id = $1 and d.id > $2 and ($3::text is null or d.type = $3) and ($4::text is null or s.external_id = $4)
         and ($5::bool is null or d.connected = $5) and ($6::text is null or d.model = $6) and ($7::text is null or d.version = $7)
         and ($8::text is null or position(lower($8) in lower(coalesce(d.name, '') || ' ' || d.mac)) > 0)
       order by d.id limit $9`,
      [filter.after, filter.type, filter.site, filter.connected, filter.model, filter.version, filter.q, filter.limit],
    );
  }

  /** A device by its MAC. */
  find(scope: OrgScope, mac: string): Promise<DeviceRow | null> {
    return this.row<DeviceRow & Record<string, unknown>>(scope, `select ${COLUMNS} where d.org_id = $1 and d.mac = $2`, [mac]);
  }
}
