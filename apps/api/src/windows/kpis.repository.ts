import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';
import { MEMBER_NAME, type Asked, type Member } from '../rankings/rankings.repository.js';
import { nextParameter, periodSource, type PeriodColumn } from '../rankings/period-source.js';
import { figureOf, type RankedBy, type Stat } from '../rankings/ranking.js';

/** Sums of a member over a period. */
export interface KpisRow {
  readonly member: Member;
  readonly id: string;
  /** The figure by which the list is sorted, as text so that no digit is lost between pages; `null` = none. */
  readonly sorted: string | null;
  readonly circuits: number;
  readonly facts: number;
  readonly covered_ms: number;
  readonly rx_bytes: number | null;
  readonly tx_bytes: number | null;
  readonly util_avg: number | null;
  readonly util_max: number | null;
  readonly util_peak: number | null;
  readonly up_ms: number;
  readonly down_ms: number;
  readonly flaps: number | null;
  readonly latency_avg: number | null;
  readonly latency_max: number | null;
  readonly latency_count: number;
  readonly jitter_avg: number | null;
  readonly jitter_max: number | null;
  readonly jitter_count: number;
  readonly loss_avg: number | null;
  readonly loss_max: number | null;
  readonly loss_count: number;
}

export interface Sorting {
  readonly by: Exclude<RankedBy, 'failovers'>;
  readonly stat: Stat | null;
  readonly after: { readonly sorted: string | null; readonly id: string } | null;
  readonly limit: number;
}

const QUALITY = ['latency', 'jitter', 'loss'] as const;
const COLUMNS: readonly PeriodColumn[] = [
  'facts',
  'covered_ms',
  'rx_bytes',
  'tx_bytes',
  'util_sum',
  'util_weight_ms',
  'util_max',
  'util_peak',
  'up_ms',
  'down_ms',
  'flaps',
  ...QUALITY.flatMap((metric) => [`${metric}_sum`, `${metric}_count`, `${metric}_max`] as const),
];
const FIGURES = `count(distinct circuit_id)::integer as circuits, sum(facts)::integer as facts, sum(covered_ms)::float8 as covered_ms, sum(rx_bytes) as rx_bytes,
  sum(tx_bytes) as tx_bytes, sum(util_sum) / nullif(sum(util_weight_ms), 0)::float8 as util_avg, max(util_max) as util_max, max(util_peak) as util_peak,
  sum(up_ms)::float8 as up_ms, sum(down_ms)::float8 as down_ms, sum(flaps)::float8 as flaps, ${QUALITY.map(
    (metric) =>
      `sum(${metric}_sum) / nullif(sum(${metric}_count), 0)::float8 as ${metric}_avg, max(${metric}_max) as ${metric}_max, sum(${metric}_count)::float8 as ${metric}_count`,
  ).join(', ')}`;

@Injectable()
export class KpisRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  /** A page of members with their sums, worst first by one figure; those without the figure come last. */
  page(scope: OrgScope, asked: Asked, { by, stat, after, limit }: Sorting): Promise<KpisRow[]> {
    const source = periodSource({ ...asked, columns: COLUMNS });
    const { sql, worse } = figureOf(by, stat);
    const { join, id } = MEMBER_NAME[asked.of];
    const sign = worse === 'higher' ? '-' : '';
    const place = `(s.sorted is null, coalesce(${sign}s.sorted, 0), s.id collate "C")`;
    const next = nextParameter(source.values);
    const [isFirst, isNull, value, name, count] = [0, 1, 2, 3, 4].map((i) => `$${String(next + i)}`);
    return this.rows<KpisRow>(
      scope,
      `with f as (select member, round((${sql})::numeric, 9) as sorted, ${FIGURES} from (${source.sql}) rows where member is not null group by member),
       s as (select f.*, (${id}) as id from f ${join})
       select s.*, s.sorted::text as sorted from s
       where ${isFirst ?? ''}::boolean or ${place} > (${isNull ?? ''}::boolean, coalesce(${sign}${value ?? ''}::numeric, 0), ${name ?? ''}::text)
       order by s.sorted is null, coalesce(${sign}s.sorted, 0), s.id collate "C" limit ${count ?? ''}`,
      [
        ...source.values,
        after === null,
        after === null ? true : after.sorted === null,
        after?.sorted ?? null,
        after?.id ?? '',
        limit,
      ],
    );
  }
}
