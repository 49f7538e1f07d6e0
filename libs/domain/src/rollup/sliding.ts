import type { EpochMs } from '../sample.js';
import type { Summary } from '../kpi/summary.js';
import type { FoldableHour, WindowKpis } from '../kpi/window-kpis.js';
import { HOUR_MS } from '../time/bucket.js';
import type { ThresholdsByKpi } from './hours.js';
import { kpisOf, NOT_SKETCHED, type QualityMetric, type SketchedP95 } from './kpis.js';
import { COUNT, FIRST_COUNT, FIRST_MAX, MAX, MEASURED, SlidingRows, SUM, WIDTH } from './sliding-rows.js';
import { SlidingRuns } from './sliding-runs.js';
import { SlidingValues } from './sliding-values.js';

/** The windows that end with one hour, in the order of the asked lengths. */
export interface WindowEnd {
  readonly end: EpochMs;
  readonly windows: readonly WindowKpis[];
}

/** The window of one length as it moves along the rows. */
class SlidingWindow {
  private readonly totals = new Float64Array(WIDTH);
  private readonly utilization: SlidingValues;
  private readonly runs: SlidingRuns;

  constructor(
    private readonly rows: SlidingRows,
    private readonly length: number,
    private readonly thresholds: ThresholdsByKpi,
  ) {
    this.utilization = new SlidingValues(length + 1);
    this.runs = new SlidingRuns(thresholds);
  }

  /** Takes in the newest row and tells the window that ends with it. */
  slide(end: EpochMs): WindowKpis {
    const to = this.rows.length;
    const from = Math.max(0, to - this.length);
    this.exchange(to - 1, to > this.length ? from - 1 : null);
    this.refold(from, to);
    const above = this.runs.slide(this.rows, from, to);
    const span = { from: end - this.length * HOUR_MS, to: end };
    const frame = { span, thresholds: this.thresholds, percentiles: this.percentiles(from, to) };
    return kpisOf(this.sums(), frame, above, this.length * HOUR_MS);
  }

  /** Counts and sorted values: one hour comes, one goes. */
  private exchange(came: number, left: number | null): void {
    const { totals } = this;
    const { values } = this.rows;
    const cameAt = came * WIDTH;
    if (values[cameAt + COUNT.utilization] === 1) this.utilization.add(values[cameAt + MAX.utilization] ?? 0);
    if (left === null) {
      for (let column = FIRST_COUNT; column < WIDTH; column++)
        totals[column] = (totals[column] ?? 0) + (values[cameAt + column] ?? 0);
      return;
    }
    const leftAt = left * WIDTH;
    if (values[leftAt + COUNT.utilization] === 1) this.utilization.remove(values[leftAt + MAX.utilization] ?? 0);
    for (let column = FIRST_COUNT; column < WIDTH; column++)
      totals[column] = (totals[column] ?? 0) + (values[cameAt + column] ?? 0) - (values[leftAt + column] ?? 0);
  }

  /** Sums of decimals and highest values are made anew: subtracting would drift, and a few hours are added up in no time. */
  private refold(from: number, to: number): void {
    const { totals } = this;
    const { values } = this.rows;
    const [start, end] = [from * WIDTH, to * WIDTH];
    for (let column = 0; column < FIRST_MAX; column++) {
      let sum = 0;
      for (let at = start + column; at < end; at += WIDTH) sum += values[at] ?? 0;
      totals[column] = sum;
    }
    for (let column = FIRST_MAX; column < FIRST_COUNT; column++) {
      let max = -Infinity;
      for (let at = start + column; at < end; at += WIDTH) max = Math.max(max, values[at] ?? 0);
      totals[column] = max;
    }
  }

  private of(column: number): number {
    return this.totals[column] ?? 0;
  }

  private sums() {
    return {
      facts: this.of(COUNT.facts),
      coveredMs: this.of(COUNT.coveredMs),
      rxBytes: this.of(COUNT.rxKnown) === 0 ? null : this.of(SUM.rxBytes),
      txBytes: this.of(COUNT.txKnown) === 0 ? null : this.of(SUM.txBytes),
      utilization: {
        count: this.of(COUNT.utilization),
        weight: this.of(COUNT.utilizationMs),
        weightedSum: this.of(SUM.utilization),
        max: this.of(MAX.utilization),
      },
      peakUtilizationPct: this.of(MAX.peak) === -Infinity ? null : this.of(MAX.peak),
      upMs: this.of(COUNT.upMs),
      downMs: this.of(COUNT.downMs),
      flaps: this.of(COUNT.flapsKnown) === 0 ? null : this.of(COUNT.flaps),
      latency: this.quality('latency'),
      jitter: this.quality('jitter'),
      loss: this.quality('loss'),
    };
  }

  private quality(metric: QualityMetric): Summary {
    const weight = this.of(COUNT[metric]);
    return {
      count: this.of(MEASURED[metric]),
      weight,
      weightedSum: this.of(SUM[metric]),
      max: this.of(MAX[metric]),
    };
  }

  private percentiles(from: number, to: number) {
    return {
      utilization: this.utilization.percentile(0.95),
      latency: this.onlyP95('latency', from, to),
      jitter: this.onlyP95('jitter', from, to),
      loss: this.onlyP95('loss', from, to),
    };
  }

  /** Where a single hour was measured its own p95 is that of the window. */
  private onlyP95(metric: QualityMetric, from: number, to: number): SketchedP95 {
    if (this.of(MEASURED[metric]) !== 1) return NOT_SKETCHED;
    const only = this.rows.facts.slice(from, to).find((fact) => fact !== null && fact[metric].count > 0)?.[metric];
    return only === undefined || only.p95 === null ? NOT_SKETCHED : { p95: only.p95, sketched: only.count };
  }
}

/** Trailing windows of several lengths over the hours of one circuit, moved on hour by hour; memory is that of the longest. */
export class SlidingWindows {
  private readonly rows: SlidingRows;
  private readonly windows: readonly SlidingWindow[];
  private next: EpochMs | null = null;

  constructor(lengths: readonly number[], thresholds: ThresholdsByKpi) {
    const wrong = lengths.find((length) => !Number.isInteger(length) || length < 1);
    if (wrong !== undefined || lengths.length === 0)
      throw new RangeError(`A window of ${String(wrong ?? 'no')} hours cannot be moved: give lengths of one whole hour or more.`);
    this.rows = new SlidingRows(Math.max(...lengths), thresholds);
    this.windows = lengths.map((length) => new SlidingWindow(this.rows, length, thresholds));
  }

  /** Every window end up to that of this hour: hours that were left out since the one before count as gaps. */
  *push(fact: FoldableHour): Generator<WindowEnd> {
    if (fact.hour % HOUR_MS !== 0 || fact.hour < (this.next ?? -Infinity))
      throw new RangeError(`Hours of a window must be whole and ascend: ${new Date(fact.hour).toISOString()} does not follow.`);
    for (let gap = this.next ?? fact.hour; gap < fact.hour; gap += HOUR_MS) yield this.slide(gap, null);
    yield this.slide(fact.hour, fact);
  }

  private slide(hour: EpochMs, fact: FoldableHour | null): WindowEnd {
    const end = hour + HOUR_MS;
    this.next = end;
    this.rows.push(fact);
    return { end, windows: this.windows.map((window) => window.slide(end)) };
  }
}

/**
 * The KPIs of every trailing window of one circuit, at every hour's end from its first to its last hour: what `windowKpis` makes of the same
 * span, to the last bit, without folding each window from its beginning.
 */
export function* slidingWindows(
  hours: Iterable<FoldableHour>,
  lengths: readonly number[],
  thresholds: ThresholdsByKpi,
): Generator<WindowEnd> {
  const sliding = new SlidingWindows(lengths, thresholds);
  for (const fact of hours) yield* sliding.push(fact);
}

/** As `slidingWindows`, over hours that arrive by and by. */
export async function* slidingWindowsOf(
  hours: AsyncIterable<FoldableHour>,
  lengths: readonly number[],
  thresholds: ThresholdsByKpi,
): AsyncGenerator<WindowEnd> {
  const sliding = new SlidingWindows(lengths, thresholds);
  for await (const fact of hours) yield* sliding.push(fact);
}
