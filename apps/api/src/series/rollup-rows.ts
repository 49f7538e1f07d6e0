import {
  HOUR_MS,
  HOURLY_KPIS,
  LEVELS,
  mergeStretches,
  NO_STRETCH,
  perThreshold,
  streakGap,
  type EpochMs,
  type Percentiles,
  type Period,
  type PoolState,
  type Span,
  type StretchState,
  type Summary,
  type Sums,
} from '@app/domain';
import { aboveOfText } from '@app/shared';
import { firstHour } from './plan.js';

/** The columns that all stored rollups share, as numbers. */
export const SUM_COLUMNS = `facts, covered_ms, rx_bytes::float8 as rx_bytes, tx_bytes::float8 as tx_bytes, util_hours, util_weight_ms, util_sum, util_max, util_p95,
  util_peak, up_ms, down_ms, flaps, latency_count, latency_sum, latency_max, latency_p95, latency_sketched, jitter_count, jitter_sum, jitter_max, jitter_p95,
  jitter_sketched, loss_count, loss_sum, loss_max, loss_p95, loss_sketched`;

export interface SumsRow {
  readonly facts: number;
  readonly covered_ms: number;
  readonly rx_bytes: number | null;
  readonly tx_bytes: number | null;
  readonly util_hours: number;
  readonly util_weight_ms: number;
  readonly util_sum: number;
  readonly util_max: number | null;
  readonly util_p95: number | null;
  readonly util_peak: number | null;
  readonly up_ms: number;
  readonly down_ms: number;
  readonly flaps: number | null;
  readonly latency_count: number;
  readonly latency_sum: number;
  readonly latency_max: number | null;
  readonly latency_p95: number | null;
  readonly latency_sketched: number;
  readonly jitter_count: number;
  readonly jitter_sum: number;
  readonly jitter_max: number | null;
  readonly jitter_p95: number | null;
  readonly jitter_sketched: number;
  readonly loss_count: number;
  readonly loss_sum: number;
  readonly loss_max: number | null;
  readonly loss_p95: number | null;
  readonly loss_sketched: number;
}

/** A stored day, week or month of a circuit; `above` is an array as Postgres writes it: parsing the text here is several times faster. */
export interface StretchRow extends SumsRow {
  readonly circuit_id: number;
  readonly start: Date;
  readonly stretch_from: Date;
  readonly stretch_to: Date;
  readonly above: string;
}

/** A stored day, week or month of a group of circuits. */
export interface GroupRow extends SumsRow {
  readonly start: Date;
  readonly circuits: number;
  readonly above: string;
}

const summary = (count: number, weight: number, weightedSum: number, max: number | null): Summary => ({
  count,
  weight,
  weightedSum,
  max: max ?? -Infinity,
});

const quality = (count: number, sum: number, max: number | null): Summary => summary(count > 0 ? 1 : 0, count, sum, max);

export const sumsOf = (row: SumsRow): Sums => ({
  facts: row.facts,
  coveredMs: row.covered_ms,
  rxBytes: row.rx_bytes,
  txBytes: row.tx_bytes,
  utilization: summary(row.util_hours, row.util_weight_ms, row.util_sum, row.util_max),
  peakUtilizationPct: row.util_peak,
  upMs: row.up_ms,
  downMs: row.down_ms,
  flaps: row.flaps,
  latency: quality(row.latency_count, row.latency_sum, row.latency_max),
  jitter: quality(row.jitter_count, row.jitter_sum, row.jitter_max),
  loss: quality(row.loss_count, row.loss_sum, row.loss_max),
});

export const percentilesOf = (row: SumsRow): Percentiles => ({
  utilization: row.util_p95,
  latency: { p95: row.latency_p95, sketched: row.latency_sketched },
  jitter: { p95: row.jitter_p95, sketched: row.jitter_sketched },
  loss: { p95: row.loss_p95, sketched: row.loss_sketched },
});

const numbersOf = (array: string): number[] => array.slice(1, -1).split(',').map(Number);

/** Where the numbers of a KPI and level begin, with so many per level. */
const placeOf = perThreshold((kpi, level) => HOURLY_KPIS.indexOf(kpi) * LEVELS.length + LEVELS.indexOf(level));

/** Hours that start in a span. */
export const hoursIn = ({ from, to }: Span): number => (firstHour(to) - firstHour(from)) / HOUR_MS;

export function stretchOf(row: StretchRow): Period<StretchState> {
  const span = { from: row.stretch_from.getTime(), to: row.stretch_to.getTime() };
  return { ...span, state: { ...sumsOf(row), above: aboveOfText(row.above, hoursIn(span)) } };
}

export function poolOfRow(row: GroupRow): PoolState {
  const numbers = numbersOf(row.above);
  const above = perThreshold((kpi, level) => {
    const at = placeOf[kpi][level] * 2;
    return { longest: numbers[at] ?? 0, total: numbers[at + 1] ?? 0 };
  });
  return { ...sumsOf(row), above };
}

const gapOf = (hours: number): StretchState => ({ ...NO_STRETCH, above: perThreshold(() => streakGap(hours)) });

/** Stretches of one circuit in a row, in any order; time that none of them covers breaks runs. */
export function joinStretches(pieces: readonly Period<StretchState>[]): StretchState {
  const [first, ...rest] = [...pieces].sort((a, b) => a.from - b.from);
  if (first === undefined) return NO_STRETCH;
  let joined = first.state;
  let end: EpochMs = first.to;
  for (const { from, to, state } of rest) {
    const gap = hoursIn({ from: end, to: from });
    joined = mergeStretches(gap > 0 ? mergeStretches(joined, gapOf(gap)) : joined, state);
    end = to;
  }
  return joined;
}
