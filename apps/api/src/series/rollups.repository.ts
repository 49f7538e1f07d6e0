import { Inject, Injectable } from '@nestjs/common';
import type { Bandwidth, HourFact, Span } from '@app/domain';
import { Database } from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';
import { HOUR_COLUMNS, factOf, type HourRow } from '../circuits/hour-rows.js';
import { problem } from '../http/problem.js';
import type { Sketches } from './cell.js';
import { hourColumnsSql, type Figure, type HourColumns } from './hour-columns.js';
import type { Part, Stored, StoredGrain } from './plan.js';
import { SUM_COLUMNS, type StretchRow } from './rollup-rows.js';

/** Circuit-hours that one request may fold. */
export const MAX_FOLDED_HOURS = 250_000;

/** Circuits, or what some circuits did while they were at a site. */
export interface Whose {
  readonly circuits: readonly number[];
  readonly site: number | null;
}

export interface CircuitFact extends HourFact {
  readonly circuit: number;
}

/** What percentiles are made of: a day, or an hour, of one circuit. */
export interface SketchRow extends Sketches {
  readonly circuit_id: number;
  readonly at: Date;
}

export const tooManyHours = (limit = MAX_FOLDED_HOURS) =>
  problem('too-many-hours', {
    detail: `This would fold more than ${String(limit)} circuit-hours. Ask for whole days of the reporting time zone, a coarser grain, a shorter period, or leave out added thresholds.`,
  });

/** `column` in one of the spans, which stand behind the given number of parameters. */
export function inSpans(column: string, spans: readonly Span[], given: number): { sql: string; values: Date[] } {
  const sql = spans.map((_, i) => `(${column} >= $${String(given + 2 * i + 1)} and ${column} < $${String(given + 2 * i + 2)})`);
  return {
    sql: sql.length === 0 ? 'false' : `(${sql.join(' or ')})`,
    values: spans.flatMap(({ from, to }) => [new Date(from), new Date(to)]),
  };
}

/** The parts that are read from one source, neighbours joined. */
export function spansOf(parts: readonly Part[], source: Part['source']): Span[] {
  const spans: { from: number; to: number }[] = [];
  for (const { from, to } of parts.filter((part) => part.source === source)) {
    const last = spans.at(-1);
    if (last !== undefined && last.to >= from) last.to = Math.max(last.to, to);
    else spans.push({ from, to });
  }
  return spans;
}

@Injectable()
export class RollupsRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  /** What is stored of the org; `null` when nothing is, or while it is made anew for another time zone. */
  async stored(scope: OrgScope): Promise<Stored | null> {
    const row = await this.row<{ closed_until: Date; timezone: string; reporting_timezone: string }>(
      scope,
      `select r.closed_until, r.timezone, o.reporting_timezone from rollup_state r join org o on o.id = r.org_id where r.org_id = $1`,
    );
    if (row === null || row.timezone !== row.reporting_timezone) return null;
    return { zone: row.timezone, closedUntil: row.closed_until.getTime() };
  }

  /** Whether hours of these circuits changed and were not folded yet. */
  async hasMarks(scope: OrgScope, circuits: readonly number[]): Promise<boolean> {
    const row = await this.row<{ marked: boolean }>(
      scope,
      'select exists (select 1 from rollup_mark where org_id = $1 and circuit_id = any($2)) as marked',
      [circuits],
    );
    return row?.marked ?? false;
  }

  /** Circuits that are at a site, or were at some time of the span. */
  async circuitsOfSite(scope: OrgScope, site: number, span: Span): Promise<number[]> {
    const rows = await this.rows<{ id: number }>(
      scope,
      `select id from circuit where org_id = $1 and site_id = $2
       union select circuit_id from circuit_day where org_id = $1 and site_id = $2 and start > $3::timestamptz - interval '2 days' and start < $4`,
      [site, new Date(span.from), new Date(span.to)],
    );
    return rows.map(({ id }) => id);
  }

  /** Stored rows of one grain that begin in the spans. */
  async stretches(scope: OrgScope, grain: StoredGrain, whose: Whose, spans: readonly Span[]): Promise<StretchRow[]> {
    if (spans.length === 0) return [];
    const range = inSpans('start', spans, 3);
    return this.rows<StretchRow>(
      scope,
      `select circuit_id, start, stretch_from, stretch_to, ${SUM_COLUMNS}, above::text as above from circuit_${grain}
       where org_id = $1 and circuit_id = any($2) and ($3::integer is null or site_id = $3) and ${range.sql} order by start, stretch_from`,
      [whose.circuits, whose.site, ...range.values],
    );
  }

  /** Facts of the hours that start in the spans, ascending. */
  async hours(scope: OrgScope, whose: Whose, spans: readonly Span[]): Promise<CircuitFact[]> {
    if (spans.length === 0) return [];
    const range = inSpans('hour', spans, 3);
    const rows = await this.rows<HourRow & { circuit_id: number }>(
      scope,
      `select circuit_id, ${HOUR_COLUMNS} from circuit_hour
       where org_id = $1 and circuit_id = any($2) and ($3::integer is null or site_id = $3) and ${range.sql} order by hour limit ${String(MAX_FOLDED_HOURS + 1)}`,
      [whose.circuits, whose.site, ...range.values],
    );
    if (rows.length > MAX_FOLDED_HOURS) throw tooManyHours();
    return rows.map((row) => ({ ...factOf(row), circuit: row.circuit_id }));
  }

  /** Figures of the hours of one circuit that start in a span, as they are written. */
  async hourColumns(scope: OrgScope, circuit: number, { from, to }: Span, figures: readonly Figure[]): Promise<HourColumns> {
    const row = await this.row<HourColumns>(scope, hourColumnsSql(figures), [circuit, new Date(from), new Date(to)]);
    return row ?? { hours: null };
  }

  /** The bandwidth by which the last hour of each span was reckoned; `null` where there is no hour. */
  async lastBandwidths(scope: OrgScope, circuit: number, spans: readonly Span[]): Promise<(Bandwidth | null)[]> {
    if (spans.length === 0) return [];
    const rows = await this.rows<{ down: number | null; up: number | null; source: Bandwidth['source'] }>(
      scope,
      `select h.down, h.up, h.source from unnest($3::timestamptz[], $4::timestamptz[]) with ordinality as s (lower, upper, i)
       left join lateral (select bandwidth_down_mbps as down, bandwidth_up_mbps as up, bandwidth_source as source from circuit_hour
         where org_id = $1 and circuit_id = $2 and hour >= s.lower and hour < s.upper order by hour desc limit 1) h on true order by s.i`,
      [circuit, spans.map(({ from }) => new Date(from)), spans.map(({ to }) => new Date(to))],
    );
    return rows.map(({ down, up, source }) => ({ downMbps: down, upMbps: up, source }));
  }

  /** Sketches of the stored days that begin in the spans, with their utilization values. */
  async daySketches(scope: OrgScope, whose: Whose, spans: readonly Span[]): Promise<SketchRow[]> {
    if (spans.length === 0) return [];
    const range = inSpans('s.start', spans, 3);
    return this.rows<SketchRow>(
      scope,
      `select s.circuit_id, s.start as at, s.util_values, s.latency, s.jitter, s.loss from circuit_sketch s
       where s.org_id = $1 and s.grain = 'day' and s.circuit_id = any($2) and ${range.sql} and ($3::integer is null or exists (
         select 1 from circuit_day d where d.org_id = s.org_id and d.circuit_id = s.circuit_id and d.start = s.start and d.stretch_from = s.stretch_from and d.site_id = $3))`,
      [whose.circuits, whose.site, ...range.values],
    );
  }

  /** Sketches of the hours that start in the spans. */
  async hourSketches(scope: OrgScope, whose: Whose, spans: readonly Span[]): Promise<SketchRow[]> {
    if (spans.length === 0) return [];
    const range = inSpans('s.hour', spans, 3);
    return this.rows<SketchRow>(
      scope,
      `select s.circuit_id, s.hour as at, null as util_values, s.latency, s.jitter, s.loss from hour_sketch s
       where s.org_id = $1 and s.circuit_id = any($2) and ${range.sql} and ($3::integer is null or exists (
         select 1 from circuit_hour h where h.org_id = s.org_id and h.circuit_id = s.circuit_id and h.hour = s.hour and h.site_id = $3))`,
      [whose.circuits, whose.site, ...range.values],
    );
  }
}
