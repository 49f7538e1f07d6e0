import { Inject, Injectable } from '@nestjs/common';
import type { Span } from '@app/domain';
import { Database } from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';
import { spansOf } from '../series/rollups.repository.js';
import type { Part } from '../series/plan.js';
import { MEMBERS, nextParameter, periodSource, type MemberKind, type PeriodFilter } from './period-source.js';
import type { Figure, QualityMetric } from './ranking.js';

/** Circuits and sites by key, groups by name. */
export type Member = number | string;

export interface Asked {
  readonly of: MemberKind;
  readonly parts: readonly Part[];
  readonly filter: PeriodFilter;
}

export interface FigureRow {
  readonly member: Member;
  readonly value: number;
  readonly ranked: number;
  readonly without_data: number;
}

/** What is known of a p95 before sketches are merged. */
export interface BoundRow {
  readonly member: Member;
  /** No p95 of the whole can be higher, but for the error of the sketches. */
  readonly bound: number | null;
  /** The only row of the period knows its p95 exactly. */
  readonly only: number | null;
  readonly count: number;
  /** Samples of stored periods that were sketched. */
  readonly sketched: number;
  /** Hours at the edges, which may have sketches of their own. */
  readonly hours: number;
}

export interface MemberSketchRow {
  readonly member: Member;
  readonly sketch: Buffer;
}

/** Below so many samples the interpolation between two of them may reach beyond a p95 of parts: their maximum bounds it. */
export const FEW_SAMPLES = 200;

/** How people name a member: ties are in this order. */
export const MEMBER_NAME: Readonly<Record<MemberKind, { join: string; id: string }>> = {
  circuits: { join: 'join circuit c on c.org_id = $1 and c.id = f.member', id: `c.mac || ':' || c.port_id` },
  sites: { join: 'join site c on c.org_id = $1 and c.id = f.member', id: 'c.external_id' },
  regions: { join: '', id: 'f.member' },
  providers: { join: '', id: 'f.member' },
  store_types: { join: '', id: 'f.member' },
};

@Injectable()
export class RankingsRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  /** The worst members by a figure of the whole period. */
  worst(scope: OrgScope, asked: Asked, { columns, sql, worse }: Figure, top: number): Promise<FigureRow[]> {
    const source = periodSource({ ...asked, columns });
    const { join, id } = MEMBER_NAME[asked.of];
    return this.rows<FigureRow>(
      scope,
      `with f as (select member, ${sql} as value from (${source.sql}) rows where member is not null group by member)
       select f.member, f.value, count(f.value) over ()::integer as ranked, (count(*) over () - count(f.value) over ())::integer as without_data
       from f ${join} order by f.value is null, round(f.value::numeric, 9) ${worse === 'higher' ? 'desc' : 'asc'}, (${id}) collate "C" limit $${String(nextParameter(source.values))}`,
      [...source.values, top],
    );
  }

  /** The members with the most failovers that began in the period. */
  failovers(scope: OrgScope, { of, filter }: Asked, period: Span, top: number): Promise<FigureRow[]> {
    const isPlain = of === 'circuits' || of === 'sites';
    const column = of === 'circuits' ? 'v.primary_id' : of === 'sites' ? 'v.site_id' : `d.${MEMBERS[of]}`;
    const { join, id } = MEMBER_NAME[of];
    return this.rows<FigureRow>(
      scope,
      `with f as (
         select ${column} as member, count(*)::float8 as value from failover v
         left join circuit_day d on d.org_id = v.org_id and d.circuit_id = v.primary_id and d.start > v.started_at - interval '2 days'
           and date_trunc('hour', v.started_at, 'UTC') >= d.stretch_from and date_trunc('hour', v.started_at, 'UTC') < d.stretch_to
         where v.org_id = $1 and v.started_at >= $6 and v.started_at < $7 and ($2::text is null or d.region = $2) and ($3::integer is null or v.site_id = $3)
           and ($4::text is null or d.provider = $4) and ($5::text is null or d.store_type = $5)
           and v.primary_id not in (select id from circuit where org_id = $1 and disabled) ${isPlain ? '' : `and ${column} is not null`}
         group by 1)
       select f.member, f.value, count(*) over ()::integer as ranked, 0 as without_data from f ${join}
       order by f.value desc, (${id}) collate "C" limit $8`,
      [filter.region, filter.site, filter.provider, filter.storeType, new Date(period.from), new Date(period.to), top],
    );
  }

  /** Every member that has samples of the metric, the possibly worst first. */
  bounds(scope: OrgScope, asked: Asked, metric: QualityMetric): Promise<BoundRow[]> {
    const columns = [`${metric}_count`, `${metric}_max`, `${metric}_p95`, `${metric}_sketched`] as const;
    const source = periodSource({ ...asked, columns });
    return this.rows<BoundRow>(
      scope,
      `select member, max(case when source = 'hour' or ${metric}_count < ${String(FEW_SAMPLES)} then ${metric}_max else coalesce(${metric}_p95, 0) end) as bound,
         case when count(*) filter (where ${metric}_count > 0) = 1 then max(${metric}_p95) filter (where ${metric}_count > 0) end as only,
         sum(${metric}_count)::float8 as count, sum(${metric}_sketched)::float8 as sketched,
         count(*) filter (where source = 'hour')::integer as hours
       from (${source.sql}) rows where member is not null group by member having sum(${metric}_count) > 0 order by bound desc nulls last`,
      source.values,
    );
  }

  /** All sketches of some members. */
  async sketches(
    scope: OrgScope,
    { of, parts, filter }: Asked,
    metric: QualityMetric,
    members: readonly Member[],
  ): Promise<MemberSketchRow[]> {
    const stored = (['month', 'week', 'day'] as const).flatMap((grain) => spansOf(parts, grain).map((span) => ({ grain, span })));
    const key = MEMBERS[of];
    const type = of === 'circuits' || of === 'sites' ? 'integer' : 'text';
    const where = `d.${key} = any($6::${type}[]) and ($2::text is null or d.region = $2) and ($3::integer is null or d.site_id = $3)
      and ($4::text is null or d.provider = $4) and ($5::text is null or d.store_type = $5) and d.circuit_id not in (select id from circuit where org_id = $1 and disabled)`;
    const values = (span: Span) => [
      filter.region,
      filter.site,
      filter.provider,
      filter.storeType,
      members,
      new Date(span.from),
      new Date(span.to),
    ];
    const found = await Promise.all([
      ...stored.map(({ grain, span }) =>
        this.rows<MemberSketchRow>(
          scope,
          `select d.${key} as member, s.${metric} as sketch from circuit_${grain} d
           join circuit_sketch s on s.org_id = d.org_id and s.grain = '${grain}' and s.circuit_id = d.circuit_id and s.start = d.start and s.stretch_from = d.stretch_from
           where d.org_id = $1 and d.start >= $7 and d.start < $8 and s.start >= $7 and s.start < $8 and s.${metric} is not null and ${where}`,
          values(span),
        ),
      ),
      ...spansOf(parts, 'hour').map((span) =>
        this.rows<MemberSketchRow>(
          scope,
          `select d.${key} as member, s.${metric} as sketch from circuit_day d
           join hour_sketch s on s.org_id = d.org_id and s.circuit_id = d.circuit_id and s.hour >= d.stretch_from and s.hour < d.stretch_to
           where d.org_id = $1 and d.start > $7::timestamptz - interval '2 days' and d.start < $8 and s.hour >= $7 and s.hour < $8
             and s.${metric} is not null and ${where}`,
          values(span),
        ),
      ),
    ]);
    return found.flat();
  }

  /** Circuits that are not ranked for being disabled. */
  async disabled(scope: OrgScope): Promise<number> {
    const row = await this.row<{ count: number }>(
      scope,
      'select count(*)::integer as count from circuit where org_id = $1 and disabled',
    );
    return row?.count ?? 0;
  }

  /** Whether any fact begins in the span. */
  async hasHours(scope: OrgScope, span: Span): Promise<boolean> {
    const row = await this.row<{ found: boolean }>(
      scope,
      'select exists (select 1 from circuit_hour where org_id = $1 and hour >= $2 and hour < $3) as found',
      [new Date(span.from), new Date(span.to)],
    );
    return row?.found ?? false;
  }

  /** Circuits of the org, disabled ones left out. */
  async circuits(scope: OrgScope): Promise<number> {
    const row = await this.row<{ count: number }>(
      scope,
      'select count(*)::integer as count from circuit where org_id = $1 and not disabled',
    );
    return row?.count ?? 0;
  }
}
