import { Inject, Injectable } from '@nestjs/common';
import { Database, prepared } from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';
import { problem } from '../http/problem.js';

export interface CircuitRow {
  readonly key: number;
  readonly id: string;
  readonly mac: string;
  readonly port_id: string;
  readonly site_id: string;
  readonly reporting_timezone: string;
  readonly region: string | null;
  readonly store_type: string | null;
  readonly country_code: string | null;
}

export interface OutageRow {
  readonly from_at: Date;
  readonly to_at: Date;
  readonly state: 'up' | 'down';
}

/** Configured values go before Mist's, later ones before earlier. */
const newest = (column: string): string =>
  `(array_agg(t.${column} order by t.source, t.since desc) filter (where t.${column} is not null))[1]`;

/** A circuit also goes by the ports that carried it before their gateway was replaced. */
const NAMED = `c.id in (
  select x.id from circuit x where x.org_id = $1 and (x.mac, x.port_id) in (select * from unnest($3::text[], $4::text[]))
  union all
  select x.circuit_id from circuit_alias x where x.org_id = $1 and x.released_at is null and (x.mac, x.port_id) in (select * from unnest($3::text[], $4::text[])))`;

const circuitWhere = (which: string): string =>
  prepared(`select c.id as key, c.mac || ':' || c.port_id as id, c.mac, c.port_id, s.external_id as site_id, o.reporting_timezone, s.country_code, a.region, a.store_type
       from circuit c join site s on s.org_id = c.org_id and s.id = c.site_id join org o on o.id = c.org_id
       left join lateral (select ${newest('region')} as region, ${newest('store_type')} as store_type from site_attribute t
         where t.org_id = c.org_id and t.site_id = c.site_id and t.since <= $2) a on true
       where c.org_id = $1 and ${which}`);
const BY_KEY = circuitWhere('c.id = $3');
const BY_NAME = circuitWhere(NAMED);

@Injectable()
export class CircuitsRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  /** A circuit by `mac:port` or by its numeric key. Imported ids are any text, so that colons may stand in both parts. */
  async find(scope: OrgScope, id: string, now: number): Promise<CircuitRow | null> {
    const isKey = /^\d{1,9}$/.test(id);
    const parts = id.split(':');
    const macs = parts.slice(1).map((_part, i) => parts.slice(0, i + 1).join(':'));
    const found = await this.rows<CircuitRow>(scope, isKey ? BY_KEY : BY_NAME, [
      new Date(now),
      ...(isKey ? [Number(id)] : [macs, macs.map((mac) => id.slice(mac.length + 1))]),
    ]);
    if (found.length > 1)
      throw problem('conflict', {
        detail:
          'This id names several circuits, as there are colons in their ids; ask by the `key` that the list of circuits gives.',
      });
    return found[0] ?? null;
  }

  /** Our key of a site by the id people know. */
  async siteKey(scope: OrgScope, externalId: string): Promise<number | null> {
    if (externalId.includes('\0')) return null;
    const row = await this.row<{ id: number }>(scope, 'select id from site where org_id = $1 and external_id = $2', [externalId]);
    return row?.id ?? null;
  }

  /** State intervals that touch the period, oldest first, after a given start. */
  states(
    scope: OrgScope,
    circuitKey: number,
    filter: { from: number; to: number; state: string | null; after: number | null; limit: number },
  ): Promise<OutageRow[]> {
    return this.rows<OutageRow>(
      scope,
      `select from_at, to_at, state from circuit_state
       where org_id = $1 and circuit_id = $2 and to_at > $3 and from_at < $4 and ($5::text is null or state = $5)
         and ($6::timestamptz is null or from_at > $6) order by from_at limit $7`,
      [
        circuitKey,
        new Date(filter.from),
        new Date(filter.to),
        filter.state,
        filter.after === null ? null : new Date(filter.after),
        filter.limit,
      ],
    );
  }
}
