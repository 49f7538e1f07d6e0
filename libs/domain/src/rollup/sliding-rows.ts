import { HOURLY_KPIS } from '../kpi/catalogue.js';
import { type FoldableHour, hourlyValue } from '../kpi/window-kpis.js';
import { LEVELS, roundForComparison } from '../thresholds/threshold.js';
import type { ThresholdsByKpi } from './hours.js';
import { QUALITY_METRICS } from './kpis.js';

/** Columns added up in the order of time, so that the sums are those of a fold to the last bit. */
export const SUM = { rxBytes: 0, txBytes: 1, utilization: 2, latency: 3, jitter: 4, loss: 5 } as const;
/** Columns of which the highest counts; nothing is -Infinity. */
export const MAX = { utilization: 6, peak: 7, latency: 8, jitter: 9, loss: 10 } as const;
/** Whole numbers: what leaves a window is subtracted without a trace. */
export const COUNT = {
  facts: 11,
  coveredMs: 12,
  upMs: 13,
  downMs: 14,
  flaps: 15,
  flapsKnown: 16,
  rxKnown: 17,
  txKnown: 18,
  utilization: 19,
  utilizationMs: 20,
  latency: 21,
  jitter: 22,
  loss: 23,
} as const;
/** Hours in which a metric was measured at all. */
export const MEASURED = { latency: 24, jitter: 25, loss: 26 } as const;
export const [FIRST_MAX, FIRST_COUNT, WIDTH] = [6, 11, 27];

/** Every KPI and level has a bit: those of a KPI lie side by side, in the order of `HOURLY_KPIS`. */
export const THRESHOLDS = HOURLY_KPIS.length * LEVELS.length;

/** The newest hours as rows of numbers that lie one after the other, so that each window is one stretch of memory. */
export class SlidingRows {
  readonly values: Float64Array;
  /** The same hours as they were given. */
  readonly facts: (FoldableHour | null)[];
  /** Bits of the thresholds that an hour is at or above. */
  readonly hits: Int32Array;
  /** For each row and threshold the length of the run that ends with it. */
  readonly runs: Int32Array;
  /** Rows in use; the last one is the newest hour. */
  length = 0;
  private readonly capacity: number;

  constructor(
    private readonly longest: number,
    private readonly thresholds: ThresholdsByKpi,
  ) {
    this.capacity = longest * 8 + 8;
    this.values = new Float64Array(this.capacity * WIDTH);
    this.hits = new Int32Array(this.capacity);
    this.runs = new Int32Array(this.capacity * THRESHOLDS);
    this.facts = new Array<FoldableHour | null>(this.capacity).fill(null);
  }

  /** Appends an hour; null is one without a fact. The hours before it stay as far back as the longest window and its next step need. */
  push(fact: FoldableHour | null): void {
    if (this.length === this.capacity) this.makeRoom();
    const row = this.length++;
    this.facts[row] = fact;
    const hits = fact === null ? 0 : this.hitsOf(fact);
    this.hits[row] = hits;
    this.writeRuns(row * THRESHOLDS, hits);
    const at = row * WIDTH;
    this.values.fill(0, at, at + WIDTH);
    this.values.fill(-Infinity, at + FIRST_MAX, at + FIRST_COUNT);
    if (fact !== null) write(this.values, at, fact);
  }

  private makeRoom(): void {
    const kept = this.longest + 1;
    const from = this.length - kept;
    this.values.copyWithin(0, from * WIDTH, this.length * WIDTH);
    this.hits.copyWithin(0, from, this.length);
    this.runs.copyWithin(0, from * THRESHOLDS, this.length * THRESHOLDS);
    this.facts.copyWithin(0, from, this.length);
    this.length = kept;
  }

  private writeRuns(at: number, hits: number): void {
    if (hits === 0) this.runs.fill(0, at, at + THRESHOLDS);
    else
      for (let bit = 0; bit < THRESHOLDS; bit++)
        this.runs[at + bit] = ((hits >> bit) & 1) * ((at === 0 ? 0 : (this.runs[at - THRESHOLDS + bit] ?? 0)) + 1);
  }

  private hitsOf(fact: FoldableHour): number {
    let [bits, bit] = [0, 1];
    for (const kpi of HOURLY_KPIS) {
      const value = hourlyValue(fact, kpi);
      const compared = value === null ? -Infinity : roundForComparison(value);
      for (const level of LEVELS) {
        if (compared >= this.thresholds[kpi][level]) bits |= bit;
        bit <<= 1;
      }
    }
    return bits;
  }
}

function write(values: Float64Array, at: number, fact: FoldableHour): void {
  const { rxBytes, txBytes, utilizationPct, coveredMs, flaps } = fact;
  values[at + SUM.rxBytes] = rxBytes ?? 0;
  values[at + SUM.txBytes] = txBytes ?? 0;
  values[at + MAX.peak] = fact.peakUtilizationPct ?? -Infinity;
  values[at + COUNT.facts] = 1;
  values[at + COUNT.coveredMs] = coveredMs;
  values[at + COUNT.upMs] = fact.upMs;
  values[at + COUNT.downMs] = fact.downMs;
  values[at + COUNT.flaps] = flaps ?? 0;
  values[at + COUNT.flapsKnown] = flaps === null ? 0 : 1;
  values[at + COUNT.rxKnown] = rxBytes === null ? 0 : 1;
  values[at + COUNT.txKnown] = txBytes === null ? 0 : 1;
  if (utilizationPct !== null) {
    values[at + SUM.utilization] = utilizationPct * coveredMs;
    values[at + MAX.utilization] = utilizationPct;
    values[at + COUNT.utilization] = 1;
    values[at + COUNT.utilizationMs] = coveredMs;
  }
  for (const metric of QUALITY_METRICS) {
    const { avg, count, max } = fact[metric];
    if (max !== null) values[at + MAX[metric]] = max;
    if (count > 0) values[at + MEASURED[metric]] = 1;
    if (avg === null) continue;
    values[at + SUM[metric]] = avg * count;
    values[at + COUNT[metric]] = count;
  }
}
