import { Inject, Injectable } from '@nestjs/common';
import { UNASSIGNED_REGION } from '@app/domain';
import { Database } from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';
import type { FailoverRow } from './failover-json.js';

export const COUNT_GRAINS = ['day', 'week', 'month'] as const;
export type CountGrain = (typeof COUNT_GRAINS)[number];
export const COUNT_GROUPS = ['circuit', 'site', 'region', 'org'] as const;
export type CountGroup = (typeof COUNT_GROUPS)[number];

/** Which failovers are asked for; `null` = all of a kind. */
export interface FailoverFilter {
  readonly from: number | null;
  readonly to: number | null;
  readonly site: string | null;
  readonly region: string | null;
  readonly circuitKey: number | null;
  readonly open: boolean | null;
}

export interface CountRow {
  readonly start: Date;
  readonly id: string;
  readonly name: string | null;
  readonly failovers: number;
  readonly open: number;
  readonly duration_ms: number;
}

const value = (column: string): string =>
  `(array_agg(t.${column} order by t.source, t.since desc) filter (where t.${column} is not null))[1]`;
const name = (
  circuit: string,
): string => `(select coalesce((array_agg(t.name order by t.source, t.since desc) filter (where t.name is not null))[1], ${circuit}.wan_name)
  from circuit_attribute t where t.org_id = ${circuit}.org_id and t.circuit_id = ${circuit}.id and t.since <= f.started_at)`;

/** Failovers with their circuits, their site and the region of their time. */
const FROM = `
  from failover f join site s on s.org_id = f.org_id and s.id = f.site_id
  join circuit p on p.org_id = f.org_id and p.id = f.primary_id
  join circuit b on b.org_id = f.org_id and b.id = f.backup_id
  cross join lateral (select coalesce(${value('region')}, s.country_code, '${UNASSIGNED_REGION}') as region from site_attribute t
    where t.org_id = s.org_id and t.site_id = s.id and t.since <= f.started_at) r`;
const WHERE = `
  where f.org_id = $1 and ($2::timestamptz is null or f.ended_at is null or f.ended_at > $2) and ($3::timestamptz is null or f.started_at < $3)
    and ($4::text is null or s.external_id = $4) and ($5::text is null or r.region = $5)
    and ($6::int is null or f.primary_id = $6 or f.backup_id = $6 or f.changes @> jsonb_build_array(jsonb_build_object('circuitId', $6::int)))
    and ($7::bool is null or (f.ended_at is null) = $7)`;

const timeOrNull = (at: number | null): Date | null => (at === null ? null : new Date(at));
const valuesOf = ({ from, to, site, region, circuitKey, open }: FailoverFilter): unknown[] => [
  timeOrNull(from),
  timeOrNull(to),
  site,
  region,
  circuitKey,
  open,
];

const GROUPS: Readonly<Record<CountGroup, { id: string; name: string }>> = {
  circuit: { id: `p.mac || ':' || p.port_id`, name: `max(${name('p')})` },
  site: { id: 's.external_id', name: 'max(s.name)' },
  region: { id: 'r.region', name: 'r.region' },
  org: { id: 'o.external_id', name: 'max(o.name)' },
};

@Injectable()
export class FailoversRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  async hasSite(scope: OrgScope, site: string): Promise<boolean> {
    return (await this.row(scope, 'select 1 from site where org_id = $1 and external_id = $2', [site])) !== null;
  }

  /** Newest first, after a given place. */
  list(
    scope: OrgScope,
    filter: FailoverFilter,
    page: { readonly after: { readonly startedMs: number; readonly id: number } | null; readonly limit: number },
  ): Promise<FailoverRow[]> {
    return this.rows<FailoverRow>(
      scope,
      `select f.id, s.external_id as site_id, s.name as site_name, r.region, p.id as primary_key, p.mac || ':' || p.port_id as primary_id, ${name('p')} as primary_name,
         b.id as backup_key, b.mac || ':' || b.port_id as backup_id, ${name('b')} as backup_name, f.started_at, f.ended_at, f.trigger, f.why, f.ended_by, f.changes,
         (select jsonb_object_agg(c.id, c.mac || ':' || c.port_id) from jsonb_array_elements(f.changes) as e (change)
           join circuit c on c.org_id = f.org_id and c.id = (e.change ->> 'circuitId')::int) as names,
         f.latency_count, f.latency_avg, f.latency_max, f.jitter_count, f.jitter_avg, f.jitter_max, f.loss_count, f.loss_avg, f.loss_max,
         f.rx_bytes, f.tx_bytes, f.covered_ms, f.utilization_pct, f.peak_utilization_pct
       ${FROM} ${WHERE} and ($8::timestamptz is null or (f.started_at, f.id) < ($8, $9::bigint))
       order by f.started_at desc, f.id desc limit $10`,
      [...valuesOf(filter), page.after === null ? null : new Date(page.after.startedMs), page.after?.id ?? null, page.limit],
    );
  }

  /** How many began in each local day, week or month, and how long they lasted; groups without any are left out. */
  counts(
    scope: OrgScope,
    filter: FailoverFilter,
    asked: {
      readonly grain: CountGrain;
      readonly by: CountGroup;
      readonly zone: string;
      readonly now: number;
      readonly after: { readonly startMs: number; readonly id: string } | null;
      readonly limit: number;
    },
  ): Promise<CountRow[]> {
    const group = GROUPS[asked.by];
    const start = `date_trunc($8::text, f.started_at, $9::text)`;
    return this.rows<CountRow>(
      scope,
      `select * from (
         select ${start} as start, ${group.id} as id, ${group.name} as name, count(*)::int as failovers, (count(*) filter (where f.ended_at is null))::int as open,
           round(sum(extract(epoch from greatest(coalesce(f.ended_at, $10::timestamptz) - f.started_at, interval '0')) * 1000))::float8 as duration_ms
         ${FROM} join org o on o.id = f.org_id ${WHERE} and ($2::timestamptz is null or f.started_at >= $2)
         group by ${start}, ${group.id}) g
       where $11::timestamptz is null or (start, id collate "C") > ($11, $12::text collate "C") order by start, id collate "C" limit $13`,
      [
        ...valuesOf(filter),
        asked.grain,
        asked.zone,
        new Date(asked.now),
        asked.after === null ? null : new Date(asked.after.startMs),
        asked.after?.id ?? null,
        asked.limit,
      ],
    );
  }

  async zone(scope: OrgScope): Promise<string> {
    const row = await this.row<{ zone: string }>(scope, 'select reporting_timezone as zone from org where id = $1');
    return row?.zone ?? 'UTC';
  }
}
