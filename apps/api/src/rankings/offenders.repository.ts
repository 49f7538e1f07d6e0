import { Inject, Injectable } from '@nestjs/common';
import type { Span } from '@app/domain';
import { Database } from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';
import { MEMBERS, nextParameter, periodSource, type MemberKind, type PeriodColumn, type PeriodFilter } from './period-source.js';
import { SKETCH_ERROR } from './p95-ranking.js';
import { isQuality, type RankedBy } from './ranking.js';
import { FEW_SAMPLES, type Member } from './rankings.repository.js';

export interface OffenderRow {
  readonly member: Member;
  /** Days that reached the threshold. */
  readonly days: number;
  /** Days of several parts that may have: their sketches decide. */
  readonly open_days: readonly Date[];
}

export interface OffendersAsked {
  readonly by: Exclude<RankedBy, 'failovers'>;
  readonly of: MemberKind;
  /** Whole local days. */
  readonly days: Span;
  readonly filter: PeriodFilter;
  /** Middle threshold where nothing nearer says otherwise, and of the others. */
  readonly threshold: number;
  readonly others: ReadonlyMap<Member, number>;
}

interface DayFigure {
  readonly columns: readonly PeriodColumn[];
  /** Whether a day reached its threshold, and whether it is open. */
  readonly bad: string;
  readonly open: string;
}

/** Compared after rounding to nine decimals, as everywhere. */
const rounded = (sql: string): string => `round((${sql})::numeric, 9)::float8`;

function figureOf(by: OffendersAsked['by']): DayFigure {
  if (by === 'utilization') return { columns: ['util_max'], bad: `${rounded('max(util_max)')} >= max(threshold)`, open: 'false' };
  if (by === 'flaps') return { columns: ['flaps'], bad: 'sum(flaps) >= max(threshold)', open: 'false' };
  if (by === 'availability') {
    const value = 'sum(up_ms)::float8 / nullif(sum(up_ms) + sum(down_ms), 0)::float8 * 100';
    return { columns: ['up_ms', 'down_ms'], bad: `${rounded(value)} < max(threshold)`, open: 'false' };
  }
  const measured = `count(*) filter (where ${by}_count > 0)`;
  // Between the lowest and the highest p95 of the parts lies that of the whole; where parts have few samples their maximum is the bound.
  const highest = `max(case when ${by}_count < ${String(FEW_SAMPLES)} then ${by}_max else coalesce(${by}_p95, ${by}_max) end)`;
  return {
    columns: [`${by}_count`, `${by}_p95`, `${by}_max`],
    bad: `${measured} = 1 and ${rounded(`max(${by}_p95) filter (where ${by}_count > 0)`)} >= max(threshold)`,
    open: `${measured} > 1 and ${highest} * ${String(SKETCH_ERROR)} >= max(threshold)`,
  };
}

@Injectable()
export class OffendersRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  /** Members with at least so many bad or open days. */
  candidates(scope: OrgScope, asked: OffendersAsked, least: number): Promise<OffenderRow[]> {
    const { of, by, days, filter } = asked;
    const { columns, bad, open } = figureOf(by);
    const source = periodSource({ of, filter, columns, parts: [{ source: 'day', ...days }] });
    const next = nextParameter(source.values);
    const isKey = of === 'circuits' || of === 'sites';
    return this.rows<OffenderRow>(
      scope,
      `with judged as (
         select member, start, coalesce(${bad}, false) as bad, coalesce(${open}, false) as open
         from (select rows.*, coalesce(o.threshold, $${String(next)}::float8) as threshold from (${source.sql}) rows
           left join unnest($${String(next + 1)}::${isKey ? 'integer' : 'text'}[], $${String(next + 2)}::float8[]) as o (id, threshold) on o.id = rows.member) dated
         where member is not null group by member, start)
       select member, count(*) filter (where bad)::integer as days, coalesce(array_agg(start) filter (where open), '{}') as open_days
       from judged group by member having count(*) filter (where bad or open) >= $${String(next + 3)}`,
      [...source.values, asked.threshold, [...asked.others.keys()], [...asked.others.values()], least],
    );
  }

  /** Sketches of the parts of open days. */
  async daySketches(
    scope: OrgScope,
    { of, by, filter }: OffendersAsked,
    open: readonly { member: Member; day: Date }[],
  ): Promise<{ member: Member; day: Date; sketch: Buffer }[]> {
    if (open.length === 0 || !isQuality(by)) return [];
    const type = of === 'circuits' || of === 'sites' ? 'integer' : 'text';
    return this.rows(
      scope,
      `select d.${MEMBERS[of]} as member, d.start as day, s.${by} as sketch from unnest($6::${type}[], $7::timestamptz[]) as o (member, day)
       join circuit_day d on d.org_id = $1 and d.start = o.day and d.${MEMBERS[of]} = o.member
       join circuit_sketch s on s.org_id = d.org_id and s.grain = 'day' and s.circuit_id = d.circuit_id and s.start = d.start and s.stretch_from = d.stretch_from
       where s.${by} is not null and ($2::text is null or d.region = $2) and ($3::integer is null or d.site_id = $3)
         and ($4::text is null or d.provider = $4) and ($5::text is null or d.store_type = $5)
         and d.circuit_id not in (select id from circuit where org_id = $1 and disabled)`,
      [
        filter.region,
        filter.site,
        filter.provider,
        filter.storeType,
        open.map(({ member }) => member),
        open.map(({ day }) => day),
      ],
    );
  }
}
