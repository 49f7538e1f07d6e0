import type { EpochMs } from '@app/domain';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const END = -1;
const NULL_LENGTH = -1;
const FIRST_BYTES = 65_536;
const TWO_32 = 2 ** 32;
/** Postgres counts microseconds from here. */
const EPOCH_2000_MS = Date.UTC(2000, 0, 1);
const DIGIT_BASE = 10_000;
const OIDS = { int2: 21, int4: 23, float8: 701 } as const;

/** Builds what `copy ... from stdin (format binary)` reads: values go over as they lie in memory, and no text is made or parsed. */
export class CopyWriter {
  private bytes = new Uint8Array(FIRST_BYTES);
  private view = new DataView(this.bytes.buffer);
  private at = 0;
  private count = 0;

  constructor() {
    this.bytes.set(SIGNATURE);
    this.at = SIGNATURE.length;
  }

  get rows(): number {
    return this.count;
  }

  /** Begins a row of that many columns; they follow in the order of the statement. */
  row(columns: number): void {
    this.reserve(2);
    this.view.setInt16(this.at, columns);
    this.at += 2;
    this.count++;
  }

  null(): void {
    this.length(NULL_LENGTH);
  }

  bool(value: boolean): void {
    this.length(1);
    this.view.setUint8(this.at, value ? 1 : 0);
    this.at += 1;
  }

  /** NaN stands for null, here and in every number. */
  int4(value: number): void {
    if (Number.isNaN(value)) return this.null();
    this.length(4);
    this.view.setInt32(this.at, value);
    this.at += 4;
  }

  int8(value: number): void {
    if (Number.isNaN(value)) return this.null();
    this.length(8);
    this.view.setInt32(this.at, Math.floor(value / TWO_32));
    this.view.setUint32(this.at + 4, value - Math.floor(value / TWO_32) * TWO_32);
    this.at += 8;
  }

  float8(value: number): void {
    if (Number.isNaN(value)) return this.null();
    this.length(8);
    this.view.setFloat64(this.at, value);
    this.at += 8;
  }

  /** A `real`: rounded to what four bytes hold. */
  float4(value: number): void {
    if (Number.isNaN(value)) return this.null();
    this.length(4);
    this.view.setFloat32(this.at, value);
    this.at += 4;
  }

  /** A timestamp with time zone. */
  instant(at: EpochMs): void {
    this.int8((at - EPOCH_2000_MS) * 1000);
  }

  text(value: string | null): void {
    if (value === null) return this.null();
    this.raw(Buffer.from(value, 'utf8'));
  }

  raw(value: Uint8Array | null): void {
    if (value === null) return this.null();
    this.length(value.length, value.length);
    this.bytes.set(value, this.at);
    this.at += value.length;
  }

  /** A whole number that is not negative, however large, as `numeric`. */
  numeric(value: number | bigint): void {
    if (Number.isNaN(value)) return this.null();
    const digits: number[] = [];
    if (typeof value === 'number')
      for (let rest = value; rest > 0; rest = Math.floor(rest / DIGIT_BASE)) digits.push(rest % DIGIT_BASE);
    else for (let rest = value; rest > 0n; rest /= BigInt(DIGIT_BASE)) digits.push(Number(rest % BigInt(DIGIT_BASE)));
    this.length(8 + 2 * digits.length);
    this.view.setInt16(this.at, digits.length);
    this.view.setInt16(this.at + 2, digits.length - 1);
    this.view.setInt32(this.at + 4, 0);
    this.at += 8;
    for (let i = digits.length - 1; i >= 0; i--) {
      this.view.setInt16(this.at, digits[i] ?? 0);
      this.at += 2;
    }
  }

  int2Array(values: ArrayLike<number>): void {
    this.array(OIDS.int2, values.length, 2);
    for (let i = 0; i < values.length; i++) {
      this.view.setInt32(this.at, 2);
      this.view.setInt16(this.at + 4, values[i] ?? 0);
      this.at += 6;
    }
  }

  int4Array(values: ArrayLike<number>): void {
    this.array(OIDS.int4, values.length, 4);
    for (let i = 0; i < values.length; i++) {
      this.view.setInt32(this.at, 4);
      this.view.setInt32(this.at + 4, values[i] ?? 0);
      this.at += 8;
    }
  }

  float8Array(values: ArrayLike<number> | null): void {
    if (values === null) return this.null();
    this.array(OIDS.float8, values.length, 8);
    for (let i = 0; i < values.length; i++) {
      this.view.setInt32(this.at, 8);
      this.view.setFloat64(this.at + 4, values[i] ?? 0);
      this.at += 12;
    }
  }

  /** All rows, with the end mark; nothing may be written afterwards. */
  finish(): Buffer {
    this.reserve(2);
    this.view.setInt16(this.at, END);
    return Buffer.from(this.bytes.buffer, 0, this.at + 2);
  }

  private array(oid: number, count: number, bytesOfOne: number): void {
    const header = count === 0 ? 12 : 20;
    this.length(header + count * (4 + bytesOfOne), count * (4 + bytesOfOne) + header);
    this.view.setInt32(this.at, count === 0 ? 0 : 1);
    this.view.setInt32(this.at + 4, 0);
    this.view.setInt32(this.at + 8, oid);
    if (count > 0) {
      this.view.setInt32(this.at + 12, count);
      this.view.setInt32(this.at + 16, 1);
    }
    this.at += header;
  }

  /** Length of the value that follows, for which there is room then. */
  private length(bytes: number, room = 64): void {
    this.reserve(4 + room);
    this.view.setInt32(this.at, bytes);
    this.at += 4;
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.at + bytes));
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}
