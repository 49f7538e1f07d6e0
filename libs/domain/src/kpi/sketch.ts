import { DDSketch } from '@datadog/sketches-js';

/** Relative error of a quantile. A little under the promised 1 %, so that rounding cannot push a value over it. */
const RELATIVE_ACCURACY = 0.0099;
/** Less than this counts as 0 (ms or %), more than that as that much: a wild value must not make a wide store. */
const SMALLEST = 1e-6;
const LARGEST = 1e9;

/**
 * Mergeable summary of many values >= 0 that answers quantiles within 1 % of the true value, whatever the distribution (DDSketch, Masson et
 * al. 2019). Merging is adding counts: associative, commutative, without further error. The same values give the same bytes.
 */
export class Sketch {
  private readonly sketch = new DDSketch({ relativeAccuracy: RELATIVE_ACCURACY });
  private zeros = 0;

  static of(values: Iterable<number>): Sketch {
    const sketch = new Sketch();
    for (const value of values) sketch.add(value);
    return sketch;
  }

  /** The sketch of several encoded ones; `null` entries are none. */
  static merged(parts: Iterable<Uint8Array | null>): Sketch {
    const sketch = new Sketch();
    for (const part of parts) if (part !== null) sketch.addEncoded(part);
    return sketch;
  }

  /** `Sketch.of(values).encode()` of ascending values, without the sketch; `null` of none. */
  static encodeSorted(values: readonly number[]): Uint8Array | null {
    if (values.length === 0) return null;
    const bytes: number[] = [];
    let i = 0;
    while (i < values.length && (values[i] ?? 0) < SMALLEST) i++;
    pushVarint(bytes, i);
    let [before, key] = [0, i < values.length ? keyOf(values[i] ?? 0) : 0];
    while (i < values.length) {
      const [start, own] = [i, key];
      while (key === own && ++i < values.length) key = keyOf(values[i] ?? 0);
      pushVarint(bytes, zigzag(own - before));
      pushVarint(bytes, i - start);
      before = own;
    }
    return new Uint8Array(bytes);
  }

  get count(): number {
    return this.zeros + this.sketch.store.count;
  }

  add(value: number, times = 1): void {
    if (value < SMALLEST) this.zeros += times;
    else this.sketch.store.add(keyOf(value), times);
  }

  /** Adds what `encode` wrote, without making a sketch of it first. */
  addEncoded(bytes: Uint8Array): void {
    const reader = new VarintReader(bytes);
    this.zeros += reader.next();
    for (let key = 0; reader.hasMore;) {
      key += unzigzag(reader.next());
      this.sketch.store.add(key, reader.next());
    }
  }

  /** Quantile 0..1 with linear interpolation between the two nearest ranks, as `percentile_cont` does; null of nothing. */
  quantile(fraction: number): number | null {
    if (this.count === 0) return null;
    const rank = fraction * (this.count - 1);
    const below = this.valueAtRank(Math.floor(rank));
    return below + (rank - Math.floor(rank)) * (this.valueAtRank(Math.ceil(rank)) - below);
  }

  /** Number of zeros, then every bin as its distance from the one before and its count, all as variable-length integers. */
  encode(): Uint8Array {
    const { bins, offset } = this.sketch.store;
    const bytes: number[] = [];
    pushVarint(bytes, this.zeros);
    let before = 0;
    for (let i = 0; i < bins.length; i++) {
      const count = bins[i] ?? 0;
      if (count === 0) continue;
      pushVarint(bytes, zigzag(i + offset - before));
      pushVarint(bytes, count);
      before = i + offset;
    }
    return new Uint8Array(bytes);
  }

  private valueAtRank(rank: number): number {
    return rank < this.zeros ? 0 : this.sketch.mapping.value(this.sketch.store.keyAtRank(rank - this.zeros));
  }
}

const { mapping } = new DDSketch({ relativeAccuracy: RELATIVE_ACCURACY });
const keyOf = (value: number): number => mapping.key(Math.min(value, LARGEST));

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);
const unzigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
}

class VarintReader {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get hasMore(): boolean {
    return this.at < this.bytes.length;
  }

  next(): number {
    let [value, unit] = [0, 1];
    for (;;) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new RangeError('A stored sketch ends in the middle of a number.');
      value += (byte % 128) * unit;
      if (byte < 128) return value;
      unit *= 128;
    }
  }
}
