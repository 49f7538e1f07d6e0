import { type KpiId, kpiOf } from '../kpi/catalogue.js';
import type { Severity } from '../severity.js';
import { DEFAULT_THRESHOLDS } from '../thresholds/defaults.js';
import { hasReached, severityOf, type Thresholds } from '../thresholds/threshold.js';

export const DEFAULT_TOP = 10;

/** One circuit, region or provider and its figure over the period. */
export interface RankEntry {
  readonly id: string;
  readonly value: number | null;
}

export interface Ranked {
  readonly rank: number;
  readonly id: string;
  readonly value: number;
  readonly severity: Severity;
}

const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

interface Counted {
  readonly id: string;
  readonly value: number;
}

const worstFirst = (entries: readonly Counted[], worse: 'higher' | 'lower', top: number): Counted[] =>
  [...entries].sort((a, b) => (worse === 'higher' ? b.value - a.value : a.value - b.value) || byId(a, b)).slice(0, top);

const known = (entries: readonly RankEntry[]): Counted[] =>
  entries.flatMap(({ id, value }) => (value === null ? [] : [{ id, value }]));

/** The worst entries of a KPI, worst first, ties by id; entries without data are left out. */
export const rankBy = (
  kpi: KpiId,
  entries: readonly RankEntry[],
  top = DEFAULT_TOP,
  thresholds: Thresholds = DEFAULT_THRESHOLDS[kpi],
): Ranked[] => {
  const { worse } = kpiOf(kpi);
  return worstFirst(known(entries), worse, top).map(({ id, value }, i) => ({
    rank: i + 1,
    id,
    value,
    severity: severityOf(value, thresholds, worse),
  }));
};

/** The entries with the most of something that has no thresholds, such as failovers. */
export const rankByCount = (entries: readonly RankEntry[], top = DEFAULT_TOP): Omit<Ranked, 'severity'>[] =>
  worstFirst(known(entries), 'higher', top).map(({ id, value }, i) => ({ rank: i + 1, id, value }));

/** An entry and its daily figures: maximum utilization, flaps, p95 of a quality metric, or availability. */
export interface DailyEntry {
  readonly id: string;
  readonly days: readonly (number | null)[];
}

/** Bad days from which an entry is a chronic offender, and a critical one. */
export const CHRONIC_DAYS = 3;
const CRITICAL_DAYS = 5;

/** An entry and on how many days it was bad. */
export interface DaysCounted {
  readonly id: string;
  readonly value: number;
}

/** The chronic offenders among entries whose bad days are counted, most days first, ties by id. */
export const chronicDays = <E extends DaysCounted>(entries: readonly E[], top = Infinity): (E & Ranked)[] =>
  entries
    .filter(({ value }) => value >= CHRONIC_DAYS)
    .sort((a, b) => b.value - a.value || byId(a, b))
    .slice(0, top)
    .map((entry, i) => ({ ...entry, rank: i + 1, severity: entry.value >= CRITICAL_DAYS ? 'critical' : 'major' }));

/** Entries whose daily figure reached the middle threshold on at least three days, most days first; `value` is the number of days. */
export const chronicOffenders = (
  kpi: KpiId,
  entries: readonly DailyEntry[],
  top = Infinity,
  thresholds: Thresholds = DEFAULT_THRESHOLDS[kpi],
): Ranked[] => {
  const { worse } = kpiOf(kpi);
  const isBad = (day: number | null): boolean => day !== null && hasReached(day, thresholds.major, worse);
  return chronicDays(
    entries.map(({ id, days }) => ({ id, value: days.filter(isBad).length })),
    top,
  );
};
