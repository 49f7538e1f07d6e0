import type { Span } from '@app/domain';
import type { Part, StoredGrain } from '../series/plan.js';
import { spansOf } from '../series/rollups.repository.js';

/** What can be ranked or listed, and the column of a stored row that tells which one it belongs to. */
export const MEMBERS = {
  circuits: 'circuit_id',
  sites: 'site_id',
  regions: 'region',
  providers: 'provider',
  store_types: 'store_type',
} as const;
export type MemberKind = keyof typeof MEMBERS;
export const MEMBER_KINDS = Object.keys(MEMBERS) as MemberKind[];

/** Narrows to what belonged to these at the time; `null` = any. Sites by key. */
export interface PeriodFilter {
  readonly region: string | null;
  readonly site: number | null;
  readonly provider: string | null;
  readonly storeType: string | null;
}

/** The columns a query needs, and how one hour gives them. */
const HOUR_VALUES = {
  facts: '1',
  covered_ms: 'h.covered_ms',
  rx_bytes: 'h.rx_bytes',
  tx_bytes: 'h.tx_bytes',
  util_hours: '(h.utilization_pct is not null)::integer',
  util_weight_ms: 'case when h.utilization_pct is null then 0 else h.covered_ms end',
  util_sum: 'coalesce(h.utilization_pct * h.covered_ms, 0)',
  util_max: 'h.utilization_pct',
  util_peak: 'h.peak_utilization_pct',
  up_ms: 'h.up_ms',
  down_ms: 'h.down_ms',
  flaps: 'h.flaps',
  ...hourQuality('latency'),
  ...hourQuality('jitter'),
  ...hourQuality('loss'),
} as const;
export type PeriodColumn = keyof typeof HOUR_VALUES;

function hourQuality<M extends string>(metric: M) {
  return {
    [`${metric}_count`]: `case when h.${metric}_avg is null then 0 else h.${metric}_count end`,
    [`${metric}_sum`]: `coalesce(h.${metric}_avg * h.${metric}_count, 0)`,
    [`${metric}_max`]: `h.${metric}_max`,
    [`${metric}_p95`]: `h.${metric}_p95`,
    // Whether its samples were sketched is told by the sketches alone.
    [`${metric}_sketched`]: '0',
  } as Record<`${M}_${'count' | 'sum' | 'max' | 'p95' | 'sketched'}`, string>;
}

interface Asked {
  readonly of: MemberKind;
  readonly parts: readonly Part[];
  readonly filter: PeriodFilter;
  readonly columns: readonly PeriodColumn[];
}

const DAY_MS = 86_400_000;

/** Conditions on a stored row; `$2` to `$5` are the filter. All four are named always: Postgres refuses values that a statement does not use. */
const filtered = (alias: string): string =>
  `($2::text is null or ${alias}.region = $2) and ($3::integer is null or ${alias}.site_id = $3) and ($4::text is null or ${alias}.provider = $4)
   and ($5::text is null or ${alias}.store_type = $5)`;

const notDisabled = (alias: string): string =>
  `${alias}.circuit_id not in (select id from circuit where org_id = $1 and disabled)`;

/**
 * SQL of all rows that together tell a period exactly: stored months, weeks and days, and the hours at its edges, each with `member`, `circuit_id`,
 * `source`, `start` and the columns asked for. Disabled circuits are left out. `$1` is the org; the values begin at `$2`.
 */
export function periodSource({ of, parts, filter, columns }: Asked): { sql: string; values: unknown[] } {
  const values: unknown[] = [filter.region, filter.site, filter.provider, filter.storeType];
  const given = (at: number): string => `$${String(values.push(new Date(at)) + 1)}::timestamptz`;
  const selects = [
    ...(['month', 'week', 'day'] as const).flatMap((grain) =>
      spansOf(parts, grain).map((span) => storedSelect(grain, { of, columns, from: given(span.from), to: given(span.to) })),
    ),
    ...spansOf(parts, 'hour').map((span) => hourSelect(span, { of, columns, filter }, given)),
  ];
  // With nothing to read the filter has still to be named.
  const none = storedSelect('day', { of, columns, from: `'infinity'`, to: `'-infinity'` });
  return { sql: (selects.length === 0 ? [none] : selects).join('\nunion all\n'), values };
}

function storedSelect(
  grain: StoredGrain,
  { of, columns, from, to }: { of: MemberKind; columns: readonly PeriodColumn[]; from: string; to: string },
): string {
  const listed = columns.map((column) =>
    column === 'rx_bytes' || column === 'tx_bytes' ? `d.${column}::float8 as ${column}` : `d.${column}`,
  );
  return `select d.${MEMBERS[of]} as member, d.circuit_id, '${grain}' as source, d.start, ${listed.join(', ')} from circuit_${grain} d
    where d.org_id = $1 and d.start >= ${from} and d.start < ${to} and ${filtered('d')} and ${notDisabled('d')}`;
}

/** Hours know their circuit and site; what else they belonged to is told by the stored day around them. */
function hourSelect(
  span: Span,
  { of, columns, filter }: { of: MemberKind; columns: readonly PeriodColumn[]; filter: PeriodFilter },
  given: (at: number) => string,
): string {
  const [from, to] = [given(span.from), given(span.to)];
  const listed = columns.map((column) => `(${HOUR_VALUES[column]})${column.endsWith('_bytes') ? '::float8' : ''} as ${column}`);
  const isPlain =
    (of === 'circuits' || of === 'sites') && filter.region === null && filter.provider === null && filter.storeType === null;
  if (isPlain) {
    return `select h.${MEMBERS[of]} as member, h.circuit_id, 'hour' as source, h.hour as start, ${listed.join(', ')} from circuit_hour h
      where h.org_id = $1 and h.hour >= ${from} and h.hour < ${to} and ($3::integer is null or h.site_id = $3)
        and $2::text is null and $4::text is null and $5::text is null and ${notDisabled('h')}`;
  }
  return `select d.${MEMBERS[of]} as member, d.circuit_id, 'hour' as source, h.hour as start, ${listed.join(', ')} from circuit_day d
    cross join lateral (select * from circuit_hour h where h.org_id = $1 and h.circuit_id = d.circuit_id
      and h.hour >= ${from} and h.hour < ${to} and h.hour >= d.stretch_from and h.hour < d.stretch_to offset 0) h
    where d.org_id = $1 and d.start > ${given(span.from - 2 * DAY_MS)} and d.start < ${to} and ${filtered('d')} and ${notDisabled('d')}`;
}

/** Number of the first parameter that is free behind those of the source. */
export const nextParameter = (values: readonly unknown[]): number => values.length + 2;
