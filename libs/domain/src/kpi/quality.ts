import type { QualityHour } from '../circuit.js';
import type { EpochMs, PathSample, PortSample, Span } from '../sample.js';
import { HOUR_MS } from '../time/bucket.js';
import { isInside } from '../time/spans.js';

export const EMPTY_QUALITY: QualityHour = { count: 0, avg: null, max: null, p95: null };

/** Loss, jitter and latency of a circuit at one instant. */
export interface QualityReading {
  latencyMs: number | null;
  jitterMs: number | null;
  lossPct: number | null;
}

/** The three quality metrics of one hour. */
export interface QualityHours {
  readonly latency: QualityHour;
  readonly jitter: QualityHour;
  readonly loss: QualityHour;
}

/** Up to here putting each value in its place is quickest. */
const FEW = 48;

const sortAscending = (values: number[]): void => {
  if (values.length > FEW) {
    values.sort((a, b) => a - b);
    return;
  }
  for (let i = 1; i < values.length; i++) {
    const value = values[i] ?? 0;
    let j = i - 1;
    for (; j >= 0 && (values[j] ?? 0) > value; j--) values[j + 1] = values[j] ?? 0;
    values[j + 1] = value;
  }
};

/** `percentileCont` of the first `count` of ascending values. */
export const percentileOfSorted = (sorted: ArrayLike<number>, fraction: number, count = sorted.length): number | null => {
  if (count === 0) return null;
  const rank = fraction * (count - 1);
  const below = sorted[Math.floor(rank)] ?? 0;
  const above = sorted[Math.ceil(rank)] ?? below;
  return below + (rank - Math.floor(rank)) * (above - below);
};

/** Puts the value of a rank where sorting would put it: none before it is greater, none behind it is less. */
function placeRank(values: Float64Array, rank: number): void {
  let [from, to] = [0, values.length - 1];
  while (from < to) {
    const pivot = values[(from + to) >> 1] ?? 0;
    let [i, j] = [from, to];
    while (i <= j) {
      while ((values[i] ?? 0) < pivot) i++;
      while ((values[j] ?? 0) > pivot) j--;
      if (i > j) break;
      const value = values[i] ?? 0;
      values[i++] = values[j] ?? 0;
      values[j--] = value;
    }
    if (rank <= j) to = j;
    else if (rank >= i) from = i;
    else return;
  }
}

/** `percentileCont` that looks only for the one or two values that matter; puts the others in any order. */
function percentileInPlace(values: Float64Array, fraction: number): number | null {
  if (values.length === 0) return null;
  const rank = fraction * (values.length - 1);
  const lower = Math.floor(rank);
  placeRank(values, lower);
  const below = values[lower] ?? 0;
  if (rank === lower) return below;
  let above = Infinity;
  for (let i = lower + 1; i < values.length; i++) above = Math.min(above, values[i] ?? Infinity);
  return below + (rank - lower) * (above - below);
}

/** Percentile by linear interpolation, as SQL's `percentile_cont`; null of nothing. */
export const percentileCont = (values: ArrayLike<number>, fraction: number): number | null => {
  if (values.length > FEW) return percentileInPlace(Float64Array.from(values), fraction);
  const sorted = Array.from(values);
  sortAscending(sorted);
  return percentileOfSorted(sorted, fraction);
};

/** Count, average, maximum and p95 of the values; sorts the array in place. */
const summarize = (values: number[]): QualityHour => {
  if (values.length === 0) return EMPTY_QUALITY;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? 0;
  sortAscending(values);
  return {
    count: values.length,
    avg: sum / values.length,
    max: values[values.length - 1] ?? null,
    p95: percentileOfSorted(values, 0.95),
  };
};

/** Count, average, maximum and p95 of the non-null values. */
export const qualityOf = (values: readonly (number | null)[]): QualityHour =>
  summarize(values.filter((value): value is number => value !== null));

const worseOf = (a: number | null, b: number | null): number | null => (a === null ? b : b === null || a >= b ? a : b);

/** Worst value of each metric over the up and active paths of one instant, else over all up ones; nulls when none is up. */
export const worstOfPaths = (paths: readonly PathSample[]): QualityReading => {
  const worst: QualityReading = { latencyMs: null, jitterMs: null, lossPct: null };
  noteWorst(worst, paths, 0, paths.length);
  return worst;
};

/** The same of the paths from one place to another, written into a reading that is used again and again. */
const noteWorst = (worst: QualityReading, paths: readonly PathSample[], from: number, to: number): void => {
  worst.latencyMs = worst.jitterMs = worst.lossPct = null;
  let onlyActive = false;
  for (let i = from; i < to && !onlyActive; i++) onlyActive = paths[i]?.up === true && paths[i]?.active === true;
  for (let i = from; i < to; i++) {
    const path = paths[i];
    if (path === undefined || path.up !== true || (onlyActive && path.active !== true)) continue;
    worst.latencyMs = worseOf(worst.latencyMs, path.latencyMs);
    worst.jitterMs = worseOf(worst.jitterMs, path.jitterMs);
    worst.lossPct = worseOf(worst.lossPct, path.lossPct);
  }
};

/** The values of one hour that its quality is made of, ascending. */
export interface QualityValues {
  readonly latency: readonly number[];
  readonly jitter: readonly number[];
  readonly loss: readonly number[];
}

/** Reads the quality of ascending hours; each sample is looked at once. The values are those of the hour read last. */
export class QualityReader implements QualityValues {
  private nextPath = 0;
  private nextPoll = 0;
  readonly latency: number[] = [];
  readonly jitter: number[] = [];
  readonly loss: number[] = [];
  private readonly worst: QualityReading = { latencyMs: null, jitterMs: null, lossPct: null };

  constructor(
    private readonly polls: readonly PortSample[],
    private readonly paths: readonly PathSample[],
    private readonly cutOffs: readonly Span[],
  ) {}

  /** Paths decide where the hour has some; the port's own figures count only where it has none. */
  ofHour(hour: EpochMs): QualityHours {
    this.latency.length = this.jitter.length = this.loss.length = 0;
    const end = hour + HOUR_MS;
    if (!this.readPaths(hour, end)) this.readPolls(hour, end);
    return { latency: summarize(this.latency), jitter: summarize(this.jitter), loss: summarize(this.loss) };
  }

  private readPaths(from: EpochMs, to: EpochMs): boolean {
    const { paths } = this;
    let hasPaths = false;
    while ((paths[this.nextPath]?.at ?? Infinity) < from) this.nextPath++;
    for (;;) {
      const start = this.nextPath;
      const at = paths[start]?.at ?? Infinity;
      if (at >= to) return hasPaths;
      while (paths[this.nextPath]?.at === at) this.nextPath++;
      if (isInside(this.cutOffs, at)) continue;
      hasPaths = true;
      noteWorst(this.worst, paths, start, this.nextPath);
      this.add(this.worst);
    }
  }

  private readPolls(from: EpochMs, to: EpochMs): void {
    const { polls } = this;
    while ((polls[this.nextPoll]?.at ?? Infinity) < from) this.nextPoll++;
    for (; this.nextPoll < polls.length; this.nextPoll++) {
      const poll = polls[this.nextPoll];
      if (poll === undefined || poll.at >= to) return;
      if (!isInside(this.cutOffs, poll.at)) this.add(poll);
    }
  }

  private add(reading: Readonly<QualityReading>): void {
    if (reading.latencyMs !== null) this.latency.push(reading.latencyMs);
    if (reading.jitterMs !== null) this.jitter.push(reading.jitterMs);
    if (reading.lossPct !== null) this.loss.push(reading.lossPct);
  }
}
