import type { EpochMs } from '@app/domain';

/** `PGCOPY\n\377\r\n\0`, flags, and the length of an extension that nobody uses. */
const HEADER_BYTES = 19;
const END = -1;
const TWO_32 = 2 ** 32;
const EPOCH_2000_MS = Date.UTC(2000, 0, 1);
const DIGIT_BASE = 10_000n;
/** Of a one-dimensional array: dimensions, flag of nulls, type, length, lower bound. */
const ARRAY_HEADER = 20;

/** Walks over the rows of `copy ... to stdout (format binary)` as their bytes come. Values are read in the order of the columns. */
export class CopyCursor {
  private bytes: Buffer = Buffer.alloc(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  private at = 0;
  private isInRows = false;

  /** More bytes; what was read of rows before is let go. */
  feed(chunk: Buffer): void {
    const rest = this.bytes.subarray(this.at);
    this.bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
    this.at = 0;
    if (this.isInRows || this.bytes.length < HEADER_BYTES) return;
    this.at = HEADER_BYTES;
    this.isInRows = true;
  }

  /** Moves to the next row; false when it is not complete yet or was the last. */
  next(): boolean {
    if (!this.isInRows || this.at + 2 > this.bytes.length) return false;
    const fields = this.view.getInt16(this.at);
    if (fields === END) return false;
    let at = this.at + 2;
    for (let i = 0; i < fields; i++) {
      if (at + 4 > this.bytes.length) return false;
      at += 4 + Math.max(0, this.view.getInt32(at));
    }
    if (at > this.bytes.length) return false;
    this.at += 2;
    return true;
  }

  bool(): boolean {
    const at = this.value();
    return at >= 0 && this.view.getUint8(at) !== 0;
  }

  /** Null reads as NaN, here and in every number. */
  int4(): number {
    const at = this.value();
    return at < 0 ? Number.NaN : this.view.getInt32(at);
  }

  int8(): number {
    const at = this.value();
    return at < 0 ? Number.NaN : this.view.getInt32(at) * TWO_32 + this.view.getUint32(at + 4);
  }

  float8(): number {
    const at = this.value();
    return at < 0 ? Number.NaN : this.view.getFloat64(at);
  }

  instant(): EpochMs {
    return EPOCH_2000_MS + this.int8() / 1000;
  }

  text(): string | null {
    const at = this.value();
    return at < 0 ? null : this.bytes.toString('utf8', at, this.at);
  }

  raw(): Uint8Array | null {
    const at = this.value();
    return at < 0 ? null : this.bytes.subarray(at, this.at);
  }

  /** A whole `numeric` that is not negative; null reads as NaN, and what a number cannot hold as a bigint. */
  numeric(): number | bigint {
    const at = this.value();
    if (at < 0) return Number.NaN;
    const [digits, weight] = [this.view.getInt16(at), this.view.getInt16(at + 2)];
    let value = 0n;
    for (let i = 0; i <= weight; i++) value = value * DIGIT_BASE + (i < digits ? BigInt(this.view.getInt16(at + 8 + 2 * i)) : 0n);
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  }

  /** Of `int2`, `int4` or `float8`, without nulls; an array that is null reads as an empty one. */
  numbers(): number[] {
    const at = this.value();
    const length = at < 0 || this.view.getInt32(at) === 0 ? 0 : this.view.getInt32(at + 12);
    const values = new Array<number>(length);
    for (let i = 0, from = at + ARRAY_HEADER; i < length; i++) {
      const bytes = this.view.getInt32(from);
      values[i] =
        bytes === 8 ? this.view.getFloat64(from + 4) : bytes === 4 ? this.view.getInt32(from + 4) : this.view.getInt16(from + 4);
      from += 4 + bytes;
    }
    return values;
  }

  /** Where the next value begins, its end being where we stand; -1 is null. */
  private value(): number {
    const length = this.view.getInt32(this.at);
    this.at += 4;
    if (length < 0) return -1;
    this.at += length;
    return this.at - length;
  }
}
