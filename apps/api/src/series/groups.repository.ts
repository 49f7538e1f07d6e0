import { Inject, Injectable } from '@nestjs/common';
import type { Span } from '@app/domain';
import { Database } from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';
import { GROUP_LEVELS, type Group } from './levels.js';
import type { StoredGrain } from './plan.js';
import { SUM_COLUMNS, type GroupRow, type StretchRow, type SumsRow } from './rollup-rows.js';
import { inSpans, MAX_FOLDED_HOURS, tooManyHours } from './rollups.repository.js';

/** One hour of all circuits of a group. */
export interface GroupHourRow extends SumsRow {
  readonly hour: Date;
  readonly circuits: number;
}

/** The values by which one hour of one circuit is above a threshold. */
export interface HighHourRow {
  readonly circuit_id: number;
  readonly hour: Date;
  readonly utilization: number | null;
  readonly loss: number | null;
  readonly jitter: number | null;
  readonly latency: number | null;
}

export interface GroupSketchRow {
  readonly at: Date;
  readonly util: Buffer | null;
  readonly util_values: readonly number[] | null;
  readonly latency: Buffer | null;
  readonly jitter: Buffer | null;
  readonly loss: Buffer | null;
}

/** Beyond so many hours their sketches are not merged: the p95 of quality is then not known. */
const MAX_MERGED_SKETCHES = 50_000;
const DAY_MS = 86_400_000;

const HOUR_SUMS = `count(*)::integer as circuits, count(*)::integer as facts, sum(h.covered_ms)::bigint as covered_ms, sum(h.rx_bytes)::float8 as rx_bytes,
  sum(h.tx_bytes)::float8 as tx_bytes, count(h.utilization_pct)::integer as util_hours,
  coalesce(sum(h.covered_ms) filter (where h.utilization_pct is not null), 0)::bigint as util_weight_ms,
  coalesce(sum(h.utilization_pct * h.covered_ms), 0) as util_sum, max(h.utilization_pct) as util_max,
  percentile_cont(0.95) within group (order by h.utilization_pct) as util_p95, max(h.peak_utilization_pct) as util_peak,
  sum(h.up_ms)::bigint as up_ms, sum(h.down_ms)::bigint as down_ms, sum(h.flaps)::integer as flaps,
  ${['latency', 'jitter', 'loss']
    .map(
      (metric) => `coalesce(sum(h.${metric}_count) filter (where h.${metric}_avg is not null), 0)::bigint as ${metric}_count,
  coalesce(sum(h.${metric}_avg * h.${metric}_count), 0) as ${metric}_sum, max(h.${metric}_max) as ${metric}_max, null as ${metric}_p95, 0 as ${metric}_sketched`,
    )
    .join(', ')}`;

/** A run that touches a border of the period, at the lowest threshold of any KPI. Days have a bit per hour, weeks and months the lengths of runs. */
const bordersOfDay = (place: number): string =>
  `(above[${String(place)}] & 1 = 1 or above[${String(place)}] >= ${String(2 ** 22)} or (above[${String(place)}] > 0 and stretch_to - stretch_from < interval '23 hours'))`;
const TOUCHES_BORDER: Readonly<Record<StoredGrain, string>> = {
  day: [1, 4, 7, 10].map(bordersOfDay).join(' or '),
  week: [1, 2, 13, 14, 25, 26, 37, 38].map((place) => `above[${String(place)}] > 0`).join(' or '),
  month: [1, 2, 13, 14, 25, 26, 37, 38].map((place) => `above[${String(place)}] > 0`).join(' or '),
};

@Injectable()
export class GroupsRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  /** Stored rows of one grain that begin in the spans. */
  async pools(scope: OrgScope, grain: StoredGrain, { level, key }: Group, spans: readonly Span[]): Promise<GroupRow[]> {
    if (spans.length === 0) return [];
    const range = inSpans('start', spans, 3);
    return this.rows<GroupRow>(
      scope,
      `select start, circuits, ${SUM_COLUMNS}, above::text as above from group_${grain}
       where org_id = $1 and level = $2 and ($2 = 'org' or key = $3) and ${range.sql} order by start`,
      [level, key, ...range.values],
    );
  }

  async sketches(scope: OrgScope, grain: StoredGrain, { level, key }: Group, spans: readonly Span[]): Promise<GroupSketchRow[]> {
    if (spans.length === 0) return [];
    const range = inSpans('start', spans, 3);
    return this.rows<GroupSketchRow>(
      scope,
      `select start as at, util_sketch as util, null as util_values, latency_sketch as latency, jitter_sketch as jitter, loss_sketch as loss
       from group_${grain} where org_id = $1 and level = $2 and ($2 = 'org' or key = $3) and ${range.sql}`,
      [level, key, ...range.values],
    );
  }

  /** Periods of the group's circuits whose runs may go on across a border. */
  async borderRuns(scope: OrgScope, grain: StoredGrain, { level, key }: Group, spans: readonly Span[]): Promise<StretchRow[]> {
    if (spans.length === 0) return [];
    const range = inSpans('start', spans, 2);
    const column = GROUP_LEVELS[level];
    return this.rows<StretchRow>(
      scope,
      `select circuit_id, start, stretch_from, stretch_to, ${SUM_COLUMNS}, above::text as above from circuit_${grain}
       where org_id = $1 and ${column === null ? '$2::text is not null' : `${column} = $2`} and ${range.sql} and (${TOUCHES_BORDER[grain]})`,
      [key, ...range.values],
    );
  }

  /** Sums of the group's hours that start in the spans, hour by hour. */
  async hours(scope: OrgScope, group: Group, spans: readonly Span[]): Promise<GroupHourRow[]> {
    const rows = await this.eachSpan<GroupHourRow>(
      scope,
      group,
      spans,
      (from) => `select h.hour, ${HOUR_SUMS} ${from} group by h.hour order by h.hour`,
    );
    if (rows.reduce((sum, { facts }) => sum + facts, 0) > MAX_FOLDED_HOURS) throw tooManyHours();
    return rows;
  }

  /** Hours at or above the lowest threshold of some KPI, or nearly: who asks compares exactly. */
  highHours(
    scope: OrgScope,
    group: Group,
    spans: readonly Span[],
    lowest: Readonly<Record<'utilization' | 'loss' | 'jitter' | 'latency', number>>,
  ): Promise<HighHourRow[]> {
    const isHigh = `(h.utilization_pct >= ${String(lowest.utilization - 1e-6)} or h.loss_avg >= ${String(lowest.loss - 1e-6)}
      or h.jitter_avg >= ${String(lowest.jitter - 1e-6)} or h.latency_avg >= ${String(lowest.latency - 1e-6)})`;
    return this.eachSpan<HighHourRow>(
      scope,
      group,
      spans,
      (
        from,
      ) => `select h.circuit_id, h.hour, h.utilization_pct as utilization, h.loss_avg as loss, h.jitter_avg as jitter, h.latency_avg as latency
        ${from} where ${isHigh} order by h.hour`,
    );
  }

  /** Every utilization value of the hours; exact, as nothing was sketched yet. */
  utilizationValues(scope: OrgScope, group: Group, spans: readonly Span[]): Promise<GroupSketchRow[]> {
    return this.eachSpan<GroupSketchRow>(
      scope,
      group,
      spans,
      (
        from,
      ) => `select h.hour as at, null as util, array_agg(h.utilization_pct::real) filter (where h.utilization_pct is not null) as util_values,
        null as latency, null as jitter, null as loss ${from} group by h.hour`,
    );
  }

  /** Quality sketches of the hours, each looked up; none when there are too many to merge. */
  async hourSketches(scope: OrgScope, group: Group, spans: readonly Span[]): Promise<GroupSketchRow[]> {
    const rows = await this.eachSpan<GroupSketchRow>(
      scope,
      group,
      spans,
      (from) => `select h.hour as at, null as util, null as util_values, q.latency, q.jitter, q.loss ${from}
        cross join lateral (select * from hour_sketch where org_id = h.org_id and circuit_id = h.circuit_id and hour = h.hour
          and hour >= $3 and hour < $4 offset 0) q limit ${String(MAX_MERGED_SKETCHES + 1)}`,
    );
    return rows.length > MAX_MERGED_SKETCHES ? [] : rows;
  }

  /**
   * Runs a query over the group's hours of each span. Which circuits are in a group at what time is told by their stored days; the hours of a day are
   * then one short walk of an index.
   */
  private async eachSpan<R extends object>(
    scope: OrgScope,
    group: Group,
    spans: readonly Span[],
    sqlOf: (from: string) => string,
  ): Promise<R[]> {
    const column = GROUP_LEVELS[group.level];
    const hours = (from: string, to: string): string =>
      `select * from circuit_hour where org_id = $1 and hour >= ${from} and hour < ${to}`;
    const source =
      column === null
        ? `${hours('$3', '$4')} and $2::text is not null and $5::timestamptz is not null`
        : `select m.* from circuit_day d
           cross join lateral (${hours('greatest(d.stretch_from, $3)', 'least(d.stretch_to, $4)')} and circuit_id = d.circuit_id and hour >= $3 and hour < $4 offset 0) m
           where d.org_id = $1 and d.${column} = $2 and d.start > $5 and d.start < $4`;
    const rows = await Promise.all(
      spans.map((span) =>
        this.rows<R>(scope, sqlOf(`from (${source}) h`), [
          group.key,
          new Date(span.from),
          new Date(span.to),
          new Date(span.from - 2 * DAY_MS),
        ]),
      ),
    );
    return rows.flat();
  }
}
