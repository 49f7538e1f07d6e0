import { Inject, Injectable } from '@nestjs/common';
import { UNASSIGNED_REGION, type EpochMs, type Span } from '@app/domain';
import { Database } from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';
import { STORED_GRAINS, type Part } from '../series/plan.js';
import { inSpans, spansOf } from '../series/rollups.repository.js';

/** Which circuits: `null` means all. */
export interface Among {
  readonly region: string | null;
  readonly site: string | null;
}

export type By = 'max' | 'avg' | 'p95';

interface ValueRow {
  readonly value: number | null;
}

/** Region of site `s` at an instant, as SQL. Configured ones go before Mist's, later before earlier, the country after both. */
const regionAt = (
  instant: string,
): string => `coalesce((select (array_agg(t.region order by t.source, t.since desc) filter (where t.region is not null))[1]
  from site_attribute t where t.org_id = s.org_id and t.site_id = s.id and t.since <= ${instant}), s.country_code, '${UNASSIGNED_REGION}')`;

/** Circuits of today, as far as they are asked for: `$2` region, `$3` site, `$4` now. */
const CIRCUITS_NOW = `select c.id from circuit c join site s on s.org_id = c.org_id and s.id = c.site_id
  where c.org_id = $1 and not c.disabled and s.removed_at is null and ($3::text is null or s.external_id = $3)
    and ($2::text is null or ${regionAt('$4')} = $2)`;
const GIVEN = 4;

/** What the circuits did while they were at the site or in the region; hours and stored stretches each know their own. */
const OF_STRETCH = `($2::text is null or r.region = $2) and ($3::text is null or r.site_id = (select id from site where org_id = $1 and external_id = $3))`;
const OF_HOUR = `exists (select 1 from site s where s.org_id = $1 and s.id = r.site_id and ($3::text is null or s.external_id = $3)
  and ($2::text is null or ${regionAt('r.hour')} = $2))`;

@Injectable()
export class DistributionRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  /** The newest hour that has facts and starts before an instant. */
  async newestHour(scope: OrgScope, before: EpochMs): Promise<EpochMs | null> {
    const row = await this.row<{ hour: Date }>(
      scope,
      'select hour from circuit_hour where org_id = $1 and hour < $2 order by hour desc limit 1',
      [new Date(before)],
    );
    return row?.hour.getTime() ?? null;
  }

  async countCircuits(scope: OrgScope): Promise<number> {
    const row = await this.row<{ count: number }>(scope, 'select count(*)::int as count from circuit where org_id = $1');
    return row?.count ?? 0;
  }

  /** Utilization of each circuit in one hour. */
  async ofHour(scope: OrgScope, among: Among, { hour, now }: { hour: EpochMs; now: EpochMs }): Promise<(number | null)[]> {
    const rows = await this.rows<ValueRow>(
      scope,
      `select h.utilization_pct as value from (${CIRCUITS_NOW}) c left join circuit_hour h on h.org_id = $1 and h.circuit_id = c.id and h.hour = $5`,
      [among.region, among.site, new Date(now), new Date(hour)],
    );
    return rows.map(({ value }) => value);
  }

  /** Highest hourly or average utilization of each circuit over the parts of a period, from stored rows and from hours. */
  async ofPeriod(
    scope: OrgScope,
    among: Among,
    { parts, by, now }: { parts: readonly Part[]; by: 'max' | 'avg'; now: EpochMs },
  ): Promise<(number | null)[]> {
    const values: Date[] = [];
    const within = (column: string, source: Part['source']): string | null => {
      const spans = spansOf(parts, source);
      if (spans.length === 0) return null;
      const range = inSpans(column, spans, GIVEN + values.length);
      values.push(...range.values);
      return range.sql;
    };
    const stored = STORED_GRAINS.flatMap((grain) => {
      const range = within('r.start', grain);
      return range === null
        ? []
        : [
            `select r.circuit_id, r.util_max as highest, r.util_sum as total, r.util_weight_ms as weight from circuit_${grain} r where r.org_id = $1 and ${range} and ${OF_STRETCH}`,
          ];
    });
    const range = within('r.hour', 'hour');
    const hours =
      range === null
        ? []
        : [
            `select r.circuit_id, r.utilization_pct as highest, r.utilization_pct * r.covered_ms as total, r.covered_ms as weight from circuit_hour r where r.org_id = $1 and ${range} and r.utilization_pct is not null and ${OF_HOUR}`,
          ];
    const value = by === 'max' ? 'max(highest)' : 'sum(total) / nullif(sum(weight), 0)';
    return this.valuesOf(scope, among, {
      now,
      values,
      sql: `select circuit_id, ${value} as value from (${[...stored, ...hours].join(' union all ')}) r group by circuit_id`,
    });
  }

  /** Exact p95 of each circuit's hourly values: those of whole days are kept together, the rest are hours. */
  async p95(scope: OrgScope, among: Among, { parts, now }: { parts: readonly Part[]; now: EpochMs }): Promise<(number | null)[]> {
    const [dayRange, hourSpans] = [inSpans('r.start', spansOf(parts, 'day'), GIVEN), spansOf(parts, 'hour')];
    const hourRange = inSpans('r.hour', hourSpans, GIVEN + dayRange.values.length);
    return this.valuesOf(scope, among, {
      now,
      values: [...dayRange.values, ...hourRange.values],
      sql: `select circuit_id, percentile_cont(0.95) within group (order by value) as value from (
          select r.circuit_id, v.value from circuit_day r
          join circuit_sketch q on q.org_id = $1 and q.grain = 'day' and q.circuit_id = r.circuit_id and q.start = r.start and q.stretch_from = r.stretch_from
          cross join lateral unnest(q.util_values) as v (value)
          where r.org_id = $1 and ${dayRange.sql} and ${OF_STRETCH}
          union all
          select r.circuit_id, r.utilization_pct from circuit_hour r where r.org_id = $1 and ${hourRange.sql} and r.utilization_pct is not null and ${OF_HOUR}) r
        group by circuit_id`,
    });
  }

  /** Values by circuit, with the circuits of today that have none. */
  private async valuesOf(
    scope: OrgScope,
    among: Among,
    { now, values, sql }: { now: EpochMs; values: readonly Date[]; sql: string },
  ): Promise<(number | null)[]> {
    const rows = await this.rows<ValueRow>(
      scope,
      `select f.value from (${CIRCUITS_NOW}) c full join (${sql}) f on f.circuit_id = c.id
       where not exists (select 1 from circuit x where x.org_id = $1 and x.id = f.circuit_id and x.disabled)`,
      [among.region, among.site, new Date(now), ...values],
    );
    return rows.map(({ value }) => value);
  }
}

/** Circuit-hours of the parts of one kind, at most. */
export const hoursOf = (spans: readonly Span[]): number => spans.reduce((sum, { from, to }) => sum + (to - from) / 3_600_000, 0);
