import { EMPTY_QUALITY, type FoldableHour, type QualityHour } from '@app/domain';

/** A stored hour, with what a fold needs of it. */
export interface StoredHour {
  readonly circuitId: number;
  readonly siteId: number;
  readonly fact: FoldableHour;
}

const QUALITY_COLUMNS = ['latency', 'jitter', 'loss'].flatMap((name) => [
  `${name}_count`,
  `${name}_avg`,
  `${name}_max`,
  `${name}_p95`,
]);

/** What `HourCopyReader` reads, in its order. */
export const HOUR_COPY_COLUMNS = [
  ...['circuit_id', 'site_id', 'hour', 'rx_bytes', 'tx_bytes', 'covered_ms', 'utilization_pct', 'peak_utilization_pct'],
  ...['up_ms', 'down_ms', 'flaps', ...QUALITY_COLUMNS],
].join(', ');

/** `PGCOPY\n\377\r\n\0`, flags, and the length of an extension that nobody uses. */
const HEADER_BYTES = 19;
const END = -1;
/** No row is longer: every column has a length of four bytes and at most eight of its own. */
const LONGEST_ROW = 2 + 23 * 12;
/** Postgres counts microseconds from here. */
const EPOCH_2000_MS = Date.UTC(2000, 0, 1);
const TWO_32 = 2 ** 32;

/** Reads the bytes of `copy ... to stdout (format binary)` as they come: some ten times cheaper than a query's rows made of text. */
export class HourCopyReader {
  private rest: Buffer = Buffer.alloc(0);
  private isInRows = false;
  private bytes: DataView = new DataView(new ArrayBuffer(0));
  private at = 0;

  /** The rows that are complete with these bytes. */
  take(chunk: Buffer): StoredHour[] {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    this.bytes = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = 0;
    const rows: StoredHour[] = [];
    if (!this.isInRows && bytes.length >= HEADER_BYTES) {
      this.at = HEADER_BYTES;
      this.isInRows = true;
    }
    while (this.isInRows && this.hasRow()) rows.push(this.row());
    this.rest = bytes.subarray(this.at);
    return rows;
  }

  private hasRow(): boolean {
    const { bytes } = this;
    if (this.at + 2 > bytes.byteLength) return false;
    const fields = bytes.getInt16(this.at);
    if (fields === END) return false;
    if (this.at + LONGEST_ROW <= bytes.byteLength) return true;
    let at = this.at + 2;
    for (let i = 0; i < fields; i++) {
      if (at + 4 > bytes.byteLength) return false;
      at += 4 + Math.max(0, bytes.getInt32(at));
    }
    return at <= bytes.byteLength;
  }

  private row(): StoredHour {
    this.at += 2;
    const circuitId = this.int4() ?? 0;
    const siteId = this.int4() ?? 0;
    const fact = {
      hour: EPOCH_2000_MS + (this.int8() ?? 0) / 1000,
      rxBytes: this.int8(),
      txBytes: this.int8(),
      coveredMs: this.int4() ?? 0,
      utilizationPct: this.float8(),
      peakUtilizationPct: this.float8(),
      upMs: this.int4() ?? 0,
      downMs: this.int4() ?? 0,
      flaps: this.int4(),
      latency: this.quality(),
      jitter: this.quality(),
      loss: this.quality(),
    };
    return { circuitId, siteId, fact };
  }

  private quality(): QualityHour {
    const count = this.int4() ?? 0;
    const [avg, max, p95] = [this.float8(), this.float8(), this.float8()];
    return count === 0 && avg === null && max === null && p95 === null ? EMPTY_QUALITY : { count, avg, max, p95 };
  }

  /** Where the next value begins; -1 is null. */
  private value(bytes: number): number {
    const length = this.bytes.getInt32(this.at);
    this.at += 4;
    if (length < 0) return -1;
    if (length !== bytes) throw new RangeError(`A copied hour has a value of ${length} bytes where ${bytes} were expected.`);
    this.at += length;
    return this.at - length;
  }

  private int4(): number | null {
    const at = this.value(4);
    return at < 0 ? null : this.bytes.getInt32(at);
  }

  private int8(): number | null {
    const at = this.value(8);
    return at < 0 ? null : this.bytes.getInt32(at) * TWO_32 + this.bytes.getUint32(at + 4);
  }

  private float8(): number | null {
    const at = this.value(8);
    return at < 0 ? null : this.bytes.getFloat64(at);
  }
}
