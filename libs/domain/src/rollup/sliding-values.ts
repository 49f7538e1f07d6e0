import { percentileOfSorted } from '../kpi/quality.js';

/** Values of a sliding window in ascending order, for its exact percentile. */
export class SlidingValues {
  private readonly sorted: Float64Array;
  private count = 0;

  constructor(capacity: number) {
    this.sorted = new Float64Array(capacity);
  }

  add(value: number): void {
    const at = this.placeOf(value);
    this.sorted.copyWithin(at + 1, at, this.count++);
    this.sorted[at] = value;
  }

  /** Removes a value that was added. */
  remove(value: number): void {
    const at = this.placeOf(value);
    this.sorted.copyWithin(at, at + 1, this.count--);
  }

  percentile(fraction: number): number | null {
    return percentileOfSorted(this.sorted, fraction, this.count);
  }

  /** Index of the first value that is not less. */
  private placeOf(value: number): number {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.sorted[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
