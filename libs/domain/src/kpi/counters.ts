import type { Bandwidth } from '../circuit.js';
import type { EpochMs, PortSample } from '../sample.js';
import { HOUR_MS, hourOf } from '../time/bucket.js';
import { BYTES_PER_MS_AT_1_MBPS, downMbpsOf, upMbpsOf } from './utilization.js';

const TWO_32 = 2 ** 32;
const TWO_31 = 2 ** 31;

/** What one direction moved in one hour. */
export interface Tally {
  bytes: number;
  coveredMs: number;
  peakBps: number;
  hasReset: boolean;
}

export interface CounterRules {
  readonly hours: readonly EpochMs[];
  /** Width of each of them, where they are slots of another width. */
  readonly slotMs?: number;
  readonly maxGapMs: number;
  readonly bandwidthAt: (hour: EpochMs) => Bandwidth;
}

type Direction = 'rx' | 'tx';

/** Differences of one cumulative counter, cut at the asked hours. Samples are taken in ascending time. */
export class CounterChain {
  readonly tallies: Tally[] = [];
  private last: PortSample | null = null;
  private lastValue = 0;
  private firstHour = 0;
  private readonly slotMs: number;

  constructor(
    private readonly direction: Direction,
    private readonly rules: CounterRules,
  ) {
    this.slotMs = rules.slotMs ?? HOUR_MS;
    for (let i = 0; i < rules.hours.length; i++) this.tallies.push({ bytes: 0, coveredMs: 0, peakBps: 0, hasReset: false });
  }

  /** Runs the difference on to this sample; one whose counter is missing is passed over. */
  take(sample: PortSample): void {
    const value = this.direction === 'rx' ? sample.rxBytes : sample.txBytes;
    if (value === null || value < 0) return;
    const last = this.last;
    if (last !== null && sample.at - last.at <= this.rules.maxGapMs && this.reaches(last.at, sample.at)) {
      if (value >= this.lastValue) this.spread(last.at, sample.at, value - this.lastValue, false);
      else this.fall(last, sample, value);
    }
    this.last = sample;
    this.lastValue = value;
  }

  /** The next value is another device's: no difference reaches it. */
  restart(): void {
    this.last = null;
  }

  private reaches(from: EpochMs, to: EpochMs): boolean {
    const { hours } = this.rules;
    while (this.firstHour < hours.length && (hours[this.firstHour] ?? 0) + this.slotMs <= from) this.firstHour++;
    const next = hours[this.firstHour];
    return next !== undefined && next < to && from < to;
  }

  private fall(earlier: PortSample, later: PortSample, value: number): void {
    const intervalMs = later.at - earlier.at;
    const bytesPerMs = this.capacity(earlier, later);
    const wrapped = value + TWO_32 - this.lastValue;
    if (bytesPerMs !== null && wrapped <= bytesPerMs * intervalMs && couldWrap(earlier, later, this.lastValue)) {
      this.spread(earlier.at, later.at, wrapped, false);
      return;
    }
    const runMs = later.uptimeS === null ? intervalMs : Math.min(intervalMs, Math.max(0, later.uptimeS) * 1000);
    const bytes = bytesPerMs === null ? value : Math.min(value, Math.floor(bytesPerMs * runMs));
    this.spread(earlier.at, later.at, bytes, true);
  }

  /** Bandwidth of the hour in which the interval ends, so that every hour it crosses decides alike; else link speed. */
  private capacity(earlier: PortSample, later: PortSample): number | null {
    const bandwidth = this.rules.bandwidthAt(hourOf(later.at - 1));
    const bought = this.direction === 'rx' ? downMbpsOf(bandwidth) : upMbpsOf(bandwidth);
    const mbps = bought ?? (later.speedMbps || earlier.speedMbps);
    return mbps === null || mbps <= 0 ? null : mbps * BYTES_PER_MS_AT_1_MBPS;
  }

  /** Cumulative rounding: the integer parts of an interval add up to its bytes however it is cut. */
  private spread(from: EpochMs, to: EpochMs, bytes: number, isReset: boolean): void {
    const { hours } = this.rules;
    const bps = (bytes * 8000) / (to - from);
    for (let i = this.firstHour; i < hours.length; i++) {
      const hour = hours[i] ?? 0;
      if (hour >= to) break;
      const tally = this.tallies[i];
      if (tally === undefined) break;
      const start = hour > from ? hour : from;
      const end = hour + this.slotMs < to ? hour + this.slotMs : to;
      const before = start === from ? 0 : Math.round(bytes * ((start - from) / (to - from)));
      const until = end === to ? Math.round(bytes) : Math.round(bytes * ((end - from) / (to - from)));
      tally.bytes += until - before;
      tally.coveredMs += end - start;
      if (bps > tally.peakBps) tally.peakBps = bps;
      if (isReset) tally.hasReset = true;
    }
  }
}

const couldWrap = (earlier: PortSample, later: PortSample, oldValue: number): boolean => {
  if (oldValue >= TWO_32) return false;
  if (earlier.uptimeS !== null && later.uptimeS !== null && later.uptimeS < earlier.uptimeS) return false;
  const bits = later.counterBits ?? earlier.counterBits;
  return bits === 32 || (bits === null && oldValue >= TWO_31);
};
