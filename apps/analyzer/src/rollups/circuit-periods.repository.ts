import {
  mergeStreaks,
  percentileCont,
  QUALITY_METRICS,
  Sketch,
  streakGap,
  streakOfMask,
  type EpochMs,
  type Span,
  type Streak,
} from '@app/domain';
import { THRESHOLD_PLACES, type Transaction } from '@app/shared';
import { joinedSpans, spansByCircuit } from './boxes.js';
import type { DueRow, RollupGrain } from './group-due.repository.js';
import { hoursIn, replaceRows, storedDays, type RollupPlace, type RollupQuality, type RollupRow } from './rollup-rows.js';
import { mergeSumsInto, noSums, qualityPlace } from './sums.js';

/** Weeks or months of circuits, `[from, to)`. */
export interface CircuitPeriod extends Span {
  readonly circuitId: number;
}

/** Days that were folded just now and need not be read: spans of circuits, and all rows that these hold. */
export interface DaysAtHand {
  readonly spans: ReadonlyMap<number, readonly Span[]>;
  readonly rows: readonly RollupRow[];
}
export const NO_DAYS: DaysAtHand = { spans: new Map(), rows: [] };

/** Streaks of one threshold over the days of a span; time without a row breaks runs. */
function streakOf(days: readonly RollupRow[], threshold: number, span: Span): Streak {
  let streak = streakGap(0);
  let end = span.from;
  const gapUntil = (until: EpochMs): void => {
    const missing = hoursIn({ from: end, to: until });
    if (missing > 0) streak = mergeStreaks(streak, streakGap(missing));
  };
  for (const day of days) {
    gapUntil(day.from);
    streak = mergeStreaks(streak, streakOfMask(day.above[threshold] ?? 0, hoursIn(day)));
    end = day.to;
  }
  gapUntil(span.to);
  return streak;
}

/** Prefix, suffix, longest and total of each threshold; most are never reached. */
function aboveOf(days: readonly RollupRow[], span: Span): number[] {
  const above: number[] = [];
  for (let threshold = 0; threshold < THRESHOLD_PLACES.length; threshold++) {
    const isReached = days.some((day) => day.above[threshold] !== 0);
    const { prefix, suffix, longest, total } = isReached ? streakOf(days, threshold, span) : streakGap(0);
    above.push(prefix, suffix, longest, total);
  }
  return above;
}

/** A percentile that one day alone knows is that day's; else the merged sketches tell. */
function qualityOf(days: readonly RollupRow[], metric: number): RollupQuality {
  const parts = days.map(({ quality }) => quality[metric]?.bytes ?? null).filter((bytes) => bytes !== null);
  const sketch = parts.length === 0 ? null : Sketch.merged(parts);
  const bytes = sketch?.encode() ?? null;
  const [first, ...others] = days.filter(({ sums }) => (sums[qualityPlace(metric)] ?? 0) > 0);
  const only = others.length === 0 ? first?.quality[metric] : undefined;
  if (only !== undefined) return { p95: only.p95, sketched: only.sketched, bytes };
  return { p95: sketch?.quantile(0.95) ?? Number.NaN, sketched: sketch?.count ?? 0, bytes };
}

/** Joining lists of numbers otherwise makes an object of each number. */
function valuesOf(days: readonly RollupRow[]): Float64Array {
  const values = new Float64Array(days.reduce((count, day) => count + day.values.length, 0));
  let at = 0;
  for (const day of days) {
    values.set(day.values, at);
    at += day.values.length;
  }
  return values;
}

function rowOf(days: readonly RollupRow[], start: EpochMs, { circuitId, place, from, to }: Stretch): RollupRow {
  const sums = noSums();
  for (const day of days) mergeSumsInto(sums, day.sums);
  const utilP95 = percentileCont(valuesOf(days), 0.95);
  return {
    circuitId,
    start,
    from,
    to,
    place,
    sums,
    utilP95: utilP95 ?? Number.NaN,
    quality: QUALITY_METRICS.map((_, metric) => qualityOf(days, metric)),
    above: aboveOf(days, { from, to }),
    values: [],
  };
}

type Stretch = Pick<RollupRow, 'circuitId' | 'place' | 'from' | 'to'>;

const isSamePlace = (a: RollupPlace, b: RollupPlace): boolean =>
  a.siteId === b.siteId && a.region === b.region && a.storeType === b.storeType && a.provider === b.provider;

/** Days in a row that belong to the same groups are one row. */
function rowsOf({ circuitId, from, to }: CircuitPeriod, days: readonly RollupRow[]): RollupRow[] {
  const runs: { readonly place: RollupPlace; readonly days: RollupRow[] }[] = [];
  for (const day of days) {
    const last = runs.at(-1);
    if (last !== undefined && isSamePlace(last.place, day.place)) last.days.push(day);
    else runs.push({ place: day.place, days: [day] });
  }
  return runs.map((run, i) => {
    const span = { from: i === 0 ? from : (run.days[0]?.from ?? from), to: runs[i + 1]?.days[0]?.from ?? to };
    return rowOf(run.days, from, { circuitId, place: run.place, ...span });
  });
}

/** What of the periods is not at hand. */
function missingSpans(periods: readonly CircuitPeriod[], { spans }: DaysAtHand): Map<number, Span[]> {
  const missing = new Map<number, Span[]>();
  for (const [circuitId, wanted] of spansByCircuit(periods)) {
    const known = joinedSpans(spans.get(circuitId) ?? []);
    const rest = joinedSpans(wanted).flatMap((span) => without(span, known));
    if (rest.length > 0) missing.set(circuitId, rest);
  }
  return missing;
}

function without({ from, to }: Span, known: readonly Span[]): Span[] {
  const rest: Span[] = [];
  let at = from;
  for (const span of known) {
    if (span.to <= at || span.from >= to) continue;
    if (span.from > at) rest.push({ from: at, to: span.from });
    at = span.to;
  }
  if (at < to) rest.push({ from: at, to });
  return rest;
}

/** Folds weeks or months of circuits from their days and stores them in place of what was stored; tells the groups they belong to, or did before. */
export async function storeCircuitPeriods(
  tx: Transaction,
  orgId: number,
  grain: Exclude<RollupGrain, 'day'>,
  { periods, atHand = NO_DAYS }: { readonly periods: readonly CircuitPeriod[]; readonly atHand?: DaysAtHand },
): Promise<DueRow[]> {
  if (periods.length === 0) return [];
  const missing = missingSpans(periods, atHand);
  const stored = missing.size === 0 ? [] : await storedDays(tx, orgId, missing);
  const days = daysByCircuit([...atHand.rows, ...stored]);
  const rows = periods.flatMap((period) =>
    rowsOf(
      period,
      (days.get(period.circuitId) ?? []).filter(({ start }) => start >= period.from && start < period.to),
    ),
  );
  return replaceRows(tx, orgId, grain, { spans: spansByCircuit(periods), rows });
}

function daysByCircuit(rows: readonly RollupRow[]): Map<number, RollupRow[]> {
  const days = new Map<number, RollupRow[]>();
  for (const row of rows) {
    const known = days.get(row.circuitId);
    if (known === undefined) days.set(row.circuitId, [row]);
    else known.push(row);
  }
  for (const list of days.values()) list.sort((a, b) => a.from - b.from);
  return days;
}
