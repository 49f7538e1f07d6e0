import type { EpochMs } from '@app/domain';

const TWO_32 = 2 ** 32;
/** Postgres counts microseconds from here. */
const EPOCH_2000_MS = Date.UTC(2000, 0, 1);
const DIGIT_BASE = 10_000;
/** Of an array: number of dimensions, flag of nulls, type; then of each dimension its length and lower bound. */
const ARRAY_HEADER = 12;
const DIMENSION_BYTES = 8;

/** Texts that `repeatedText` remembers. */
const MOST_REPEATED = 8;
const LAST_ASCII = 127;

/**
 * Stands in one row of `copy ... to stdout (format binary)` and reads its values in the order of the columns, where they lie in the bytes of the
 * connection. What it gives is a number or a text of its own, but for `raw`.
 */
export class CopyCursor {
  private bytes: Buffer = Buffer.alloc(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  private at = 0;
  private readonly repeated: string[] = [];
  private lastRepeated = 0;

  /** Steps to the first value of a row in these bytes; `view` is of the same. */
  moveTo(bytes: Buffer, view: DataView, at: number): void {
    this.bytes = bytes;
    this.view = view;
    this.at = at;
  }

  bool(): boolean | null {
    const at = this.value(1);
    return at < 0 ? null : this.view.getUint8(at) !== 0;
  }

  /** Null reads as NaN, here and in every number. */
  int2(): number {
    const at = this.value(2);
    return at < 0 ? Number.NaN : this.view.getInt16(at);
  }

  int4(): number {
    const at = this.value(4);
    return at < 0 ? Number.NaN : this.view.getInt32(at);
  }

  int8(): number {
    const at = this.value(8);
    return at < 0 ? Number.NaN : this.view.getInt32(at) * TWO_32 + this.view.getUint32(at + 4);
  }

  float8(): number {
    const at = this.value(8);
    return at < 0 ? Number.NaN : this.view.getFloat64(at);
  }

  /** A `timestamptz` as whole milliseconds. */
  instant(): EpochMs {
    return EPOCH_2000_MS + Math.round(this.int8() / 1000);
  }

  text(): string | null {
    const at = this.value();
    return at < 0 ? null : this.bytes.toString('utf8', at, this.at);
  }

  /** A text that rows say over and over, taking turns with a few others: made once, as long as it is plain ASCII. */
  repeatedText(): string | null {
    const at = this.value();
    if (at < 0) return null;
    const { repeated, lastRepeated } = this;
    for (let i = 1; i <= repeated.length; i++) {
      const place = (lastRepeated + i) % repeated.length;
      const text = repeated[place] ?? '';
      if (!this.isAscii(text, at)) continue;
      this.lastRepeated = place;
      return text;
    }
    const text = this.bytes.toString('utf8', at, this.at);
    if (repeated.length < MOST_REPEATED) this.lastRepeated = repeated.push(text) - 1;
    else repeated[(this.lastRepeated = (lastRepeated + 1) % MOST_REPEATED)] = text;
    return text;
  }

  /** Whether the value that begins there and ends here is this text, and ASCII: there a letter is a byte. */
  private isAscii(text: string, at: number): boolean {
    if (text.length !== this.at - at) return false;
    for (let i = 0; i < text.length; i++) {
      const byte = this.view.getUint8(at + i);
      if (byte > LAST_ASCII || byte !== text.charCodeAt(i)) return false;
    }
    return true;
  }

  /** Where they lie: who keeps them keeps all that came with them. */
  raw(): Uint8Array | null {
    const at = this.value();
    return at < 0 ? null : this.bytes.subarray(at, this.at);
  }

  /** A whole `numeric` that is not negative; null reads as NaN, and what a number cannot hold as a bigint. */
  numeric(): number | bigint {
    const at = this.value();
    if (at < 0) return Number.NaN;
    const [digits, weight] = [this.view.getInt16(at), this.view.getInt16(at + 2)];
    let value = 0;
    for (let i = 0; i <= weight; i++) value = value * DIGIT_BASE + (i < digits ? this.view.getInt16(at + 8 + 2 * i) : 0);
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    let large = 0n;
    for (let i = 0; i <= weight; i++)
      large = large * BigInt(DIGIT_BASE) + BigInt(i < digits ? this.view.getInt16(at + 8 + 2 * i) : 0);
    return large;
  }

  /** Of `int2`, `int4` or `float8`, row after row if of several dimensions; an array that is null reads as an empty one. */
  numbers(): number[] {
    const at = this.value();
    const dimensions = at < 0 ? 0 : this.view.getInt32(at);
    let length = dimensions === 0 ? 0 : 1;
    for (let i = 0; i < dimensions; i++) length *= this.view.getInt32(at + ARRAY_HEADER + DIMENSION_BYTES * i);
    const values = new Array<number>(length);
    for (let i = 0, from = at + ARRAY_HEADER + DIMENSION_BYTES * dimensions; i < length; i++) {
      const bytes = this.view.getInt32(from);
      values[i] = bytes < 0 ? Number.NaN : this.element(from + 4, bytes);
      from += 4 + Math.max(0, bytes);
    }
    return values;
  }

  private element(at: number, bytes: number): number {
    return bytes === 8 ? this.view.getFloat64(at) : bytes === 4 ? this.view.getInt32(at) : this.view.getInt16(at);
  }

  /** Where the next value begins, its end being where we stand; -1 is null. */
  private value(bytes?: number): number {
    const length = this.view.getInt32(this.at);
    this.at += 4;
    if (length < 0) return -1;
    if (bytes !== undefined && length !== bytes)
      throw new RangeError(`A copied value has ${length} bytes where ${bytes} were expected.`);
    this.at += length;
    return this.at - length;
  }
}

/** What a column that may be null has, of what the cursor read as NaN. */
export const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
