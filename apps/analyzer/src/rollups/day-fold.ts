import { HOUR_MS, percentileCont, QUALITY_METRICS, type EpochMs } from '@app/domain';
import { THRESHOLD_PLACES, type CopyCursor } from '@app/shared';
import { addBytes, addKnown, noSums, qualityPlace, raise, SUM } from './sums.js';
import type { Place, Stretch } from './worklist.js';

/** Columns of `circuit_hour` that a fold reads, in its order. */
export const FOLDED_COLUMNS = [
  ...['circuit_id', 'hour', 'site_id', "(source = 'samples') as is_sampled", 'covered_ms', 'rx_bytes', 'tx_bytes'],
  ...['utilization_pct', 'peak_utilization_pct', 'up_ms', 'down_ms', 'flaps'],
  ...QUALITY_METRICS.flatMap((metric) => [`${metric}_count`, `${metric}_avg`, `${metric}_max`, `${metric}_p95`]),
].join(', ');

/** Thresholds of one KPI lie together. */
const LEVELS_OF_ONE = THRESHOLD_PLACES.filter(({ kpi }) => kpi === 'utilization').length;
const firstThreshold = (kpi: string): number => THRESHOLD_PLACES.findIndex((place) => place.kpi === kpi);
const OF_UTILIZATION = firstThreshold('utilization');
const OF_METRIC = QUALITY_METRICS.map(firstThreshold);

/** Whose hour a row tells; what comes after is for `StretchFold.add`. */
export const hourKeyOf = (row: CopyCursor): { circuitId: number; hour: EpochMs } => ({
  circuitId: row.int4(),
  hour: row.instant(),
});

/** The hours of one stretch of a day as they come in. */
export class StretchFold {
  readonly sums = noSums();
  readonly values: number[] = [];
  readonly masks = THRESHOLD_PLACES.map(() => 0);
  /** Hours of the metric that were measured; of a single one its p95. */
  readonly measured = QUALITY_METRICS.map(() => 0);
  readonly only = QUALITY_METRICS.map(() => Number.NaN);
  /** Hours made of samples whose quality was measured: they had sketches once. */
  sampled = 0;
  isElsewhere = false;
  private readonly firstHour: EpochMs;

  constructor(
    readonly stretch: Stretch,
    readonly place: Place,
  ) {
    this.firstHour = Math.ceil(stretch.from / HOUR_MS) * HOUR_MS;
  }

  /** An hour whose key was read already. */
  add(hour: EpochMs, row: CopyCursor): void {
    const { sums } = this;
    const bit = 1 << ((hour - this.firstHour) / HOUR_MS);
    if (row.int4() !== this.place.siteId) this.isElsewhere = true;
    const isSampled = row.bool();
    const coveredMs = row.int4();
    sums[SUM.facts] = (sums[SUM.facts] ?? 0) + 1;
    sums[SUM.coveredMs] = (sums[SUM.coveredMs] ?? 0) + coveredMs;
    addBytes(sums, SUM.rxBytes, row.int8());
    addBytes(sums, SUM.txBytes, row.int8());
    this.addUtilization(row.float8(), coveredMs, bit);
    raise(sums, SUM.utilPeak, row.float8());
    sums[SUM.upMs] = (sums[SUM.upMs] ?? 0) + row.int4();
    sums[SUM.downMs] = (sums[SUM.downMs] ?? 0) + row.int4();
    addKnown(sums, SUM.flaps, row.int4());
    let samples = 0;
    for (let metric = 0; metric < QUALITY_METRICS.length; metric++) samples += this.addQuality(metric, row, bit);
    if (isSampled && samples > 0) this.sampled++;
  }

  get utilP95(): number {
    return percentileCont(this.values, 0.95) ?? Number.NaN;
  }

  private addUtilization(pct: number, coveredMs: number, bit: number): void {
    if (Number.isNaN(pct)) return;
    const { sums } = this;
    sums[SUM.utilHours] = (sums[SUM.utilHours] ?? 0) + 1;
    sums[SUM.utilWeightMs] = (sums[SUM.utilWeightMs] ?? 0) + coveredMs;
    sums[SUM.util] = (sums[SUM.util] ?? 0) + pct * coveredMs;
    raise(sums, SUM.utilMax, pct);
    this.values.push(pct);
    this.compare(OF_UTILIZATION, pct, bit);
  }

  /** Returns the number of samples. An average of no samples says nothing; a highest value without an average is known all the same. */
  private addQuality(metric: number, row: CopyCursor, bit: number): number {
    const { sums } = this;
    const place = qualityPlace(metric);
    const [count, avg, max, p95] = [row.int4(), row.float8(), row.float8(), row.float8()];
    if (!Number.isNaN(avg)) {
      sums[place] = (sums[place] ?? 0) + count;
      sums[place + 1] = (sums[place + 1] ?? 0) + avg * count;
      this.compare(OF_METRIC[metric] ?? 0, avg, bit);
    }
    raise(sums, place + 2, max);
    if (count > 0) {
      this.measured[metric] = (this.measured[metric] ?? 0) + 1;
      this.only[metric] = p95;
    }
    return count;
  }

  private compare(first: number, value: number, bit: number): void {
    const { least } = this.place;
    for (let i = first; i < first + LEVELS_OF_ONE; i++)
      if (value >= (least[i] ?? Infinity)) this.masks[i] = (this.masks[i] ?? 0) | bit;
  }
}
