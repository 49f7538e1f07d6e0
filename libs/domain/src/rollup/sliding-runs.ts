import { HOURLY_KPIS, type HourlyKpi } from '../kpi/catalogue.js';
import type { HoursAbove, WindowKpis } from '../kpi/window-kpis.js';
import { LEVELS } from '../thresholds/threshold.js';
import type { ThresholdsByKpi } from './hours.js';
import { THRESHOLDS, type SlidingRows } from './sliding-rows.js';
import { perThreshold } from './state.js';

const NUMBER_OF_LEVELS = LEVELS.length;

interface Rows {
  readonly bit: number;
  readonly from: number;
  readonly to: number;
}
interface Moved extends Rows {
  /** 1: the hour that left was above. */
  readonly isOut: number;
}

const isHit = (hits: Int32Array, row: number, bit: number): boolean => (((hits[row] ?? 0) >> bit) & 1) === 1;

function longestRun(hits: Int32Array, { bit, from, to }: Rows): number {
  let [longest, run] = [0, 0];
  for (let row = from; row < to; row++) {
    run = isHit(hits, row, bit) ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return longest;
}

/** Hours above each threshold inside a sliding window. Where no such hour comes or goes nothing is counted again. */
export class SlidingRuns {
  private readonly totals = new Int32Array(THRESHOLDS);
  private readonly longest = new Int32Array(THRESHOLDS);
  private shown: WindowKpis['above'];

  constructor(private readonly thresholds: ThresholdsByKpi) {
    this.shown = perThreshold((kpi, level) => this.hours(thresholds[kpi][level], 0));
  }

  /** The window is now the rows `[from, to)`: its last hour came, and the hour before `from` left where there is one. */
  slide(rows: SlidingRows, from: number, to: number): WindowKpis['above'] {
    const came = rows.hits[to - 1] ?? 0;
    const left = from > 0 ? (rows.hits[from - 1] ?? 0) : 0;
    if ((came | left) === 0) return this.shown;
    for (let kpi = 0; kpi < HOURLY_KPIS.length; kpi++) {
      let hasChanged = false;
      for (let bit = kpi * NUMBER_OF_LEVELS; bit < (kpi + 1) * NUMBER_OF_LEVELS; bit++) {
        const [isIn, isOut] = [(came >> bit) & 1, (left >> bit) & 1];
        if ((isIn | isOut) === 0) continue;
        if (isIn !== isOut) hasChanged = true;
        this.totals[bit] = (this.totals[bit] ?? 0) + isIn - isOut;
        if (this.recount(rows, { bit, from, to, isOut })) hasChanged = true;
      }
      if (hasChanged) this.show(kpi);
    }
    return this.shown;
  }

  /** The longest run changes by one that ends now, or when the one that began the window was it. */
  private recount(rows: SlidingRows, { bit, from, to, isOut }: Moved): boolean {
    const { hits } = rows;
    const before = this.longest[bit] ?? 0;
    let longest = Math.min(rows.runs[(to - 1) * THRESHOLDS + bit] ?? 0, to - from);
    if (longest < before) {
      let head = isOut;
      for (let row = from; isOut === 1 && row < to && isHit(hits, row, bit); row++) head++;
      longest = head === before ? longestRun(hits, { bit, from, to }) : before;
    }
    this.longest[bit] = longest;
    return longest !== before;
  }

  /** What is shown stays the same object while its figures do. */
  private show(index: number): void {
    const { utilization, loss, jitter, latency } = this.shown;
    switch (HOURLY_KPIS[index]) {
      case 'utilization':
        this.shown = { utilization: this.levelsOf('utilization', index), loss, jitter, latency };
        break;
      case 'loss':
        this.shown = { utilization, loss: this.levelsOf('loss', index), jitter, latency };
        break;
      case 'jitter':
        this.shown = { utilization, loss, jitter: this.levelsOf('jitter', index), latency };
        break;
      case 'latency':
        this.shown = { utilization, loss, jitter, latency: this.levelsOf('latency', index) };
    }
  }

  private levelsOf(kpi: HourlyKpi, index: number): WindowKpis['above'][HourlyKpi] {
    const { warning, major, critical } = this.thresholds[kpi];
    const bit = index * NUMBER_OF_LEVELS;
    return { warning: this.hours(warning, bit), major: this.hours(major, bit + 1), critical: this.hours(critical, bit + 2) };
  }

  private hours(threshold: number, bit: number): HoursAbove {
    return { threshold, cumulativeHours: this.totals[bit] ?? 0, continuousHours: this.longest[bit] ?? 0 };
  }
}
