import type { EpochMs, QualityHour } from '@app/domain';
import type { HourRow } from './hour-row.js';
import type { PortPlace } from './places.js';

/** Values of a row, in this order; each quality takes its four. */
const HOUR = 0;
const RX_BYTES = 1;
const TX_BYTES = 2;
const COVERED_MS = 3;
const UP_MS = 4;
const DOWN_MS = 5;
const FLAPS = 6;
const LATENCY = 7;
const JITTER = 11;
const LOSS = 15;
const WIDTH = 19;

const FIRST_ROWS = 1024;
/** NaN stands for null. */
const stored = (value: number | null): number => value ?? Number.NaN;
const told = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** Rows of hours as plain numbers beside each other: many thousand objects that live until they are stored would keep the garbage collector busy. */
export class HourRows {
  /** Where rows belong; one after the other with the same place share it. */
  readonly places: PortPlace[] = [];
  private placeOf = new Int32Array(FIRST_ROWS);
  private values = new Float64Array(FIRST_ROWS * WIDTH);
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(row: HourRow): void {
    const index = this.count++;
    if (index === this.placeOf.length) this.grow();
    this.placeOf[index] = this.placeIndex(row);
    const { values } = this;
    const at = index * WIDTH;
    values[at + HOUR] = row.hour;
    values[at + RX_BYTES] = stored(row.rxBytes);
    values[at + TX_BYTES] = stored(row.txBytes);
    values[at + COVERED_MS] = row.coveredMs;
    values[at + UP_MS] = row.upMs;
    values[at + DOWN_MS] = row.downMs;
    values[at + FLAPS] = stored(row.flaps);
    this.writeQuality(at + LATENCY, row.latency);
    this.writeQuality(at + JITTER, row.jitter);
    this.writeQuality(at + LOSS, row.loss);
  }

  hour(index: number): EpochMs {
    return this.values[index * WIDTH] ?? Number.NaN;
  }

  /** Index of a row's place in `places`. */
  place(index: number): number {
    return this.placeOf[index] ?? 0;
  }

  /** What a row tells besides its place. */
  at(index: number): Omit<HourRow, keyof PortPlace> {
    const at = index * WIDTH;
    const value = (field: number): number => this.values[at + field] ?? Number.NaN;
    return {
      hour: value(HOUR),
      rxBytes: told(value(RX_BYTES)),
      txBytes: told(value(TX_BYTES)),
      coveredMs: value(COVERED_MS),
      upMs: value(UP_MS),
      downMs: value(DOWN_MS),
      flaps: told(value(FLAPS)),
      latency: this.quality(at + LATENCY),
      jitter: this.quality(at + JITTER),
      loss: this.quality(at + LOSS),
    };
  }

  private placeIndex({ siteId, mac, portId }: PortPlace): number {
    const last = this.places.at(-1);
    if (last?.siteId !== siteId || last.mac !== mac || last.portId !== portId) this.places.push({ siteId, mac, portId });
    return this.places.length - 1;
  }

  private writeQuality(at: number, { count, avg, max, p95 }: QualityHour): void {
    const { values } = this;
    values[at] = count;
    values[at + 1] = stored(avg);
    values[at + 2] = stored(max);
    values[at + 3] = stored(p95);
  }

  private quality(at: number): QualityHour {
    const value = (field: number): number => this.values[at + field] ?? Number.NaN;
    return { count: value(0), avg: told(value(1)), max: told(value(2)), p95: told(value(3)) };
  }

  private grow(): void {
    const [places, values] = [this.placeOf, this.values];
    this.placeOf = new Int32Array(places.length * 2);
    this.placeOf.set(places);
    this.values = new Float64Array(values.length * 2);
    this.values.set(values);
  }
}
