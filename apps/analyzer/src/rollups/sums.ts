import { QUALITY_METRICS } from '@app/domain';
import type { CopyCursor, CopyWriter } from '@app/shared';

/**
 * Places of what adds up in the row of a rollup, in the order of the stored columns. A place that nothing was added to holds NaN where the column
 * may be null. Bytes take two places, for the sum of many counters of 2^53 must stay exact.
 */
export const SUM = {
  facts: 0,
  coveredMs: 1,
  rxBytes: 2,
  txBytes: 4,
  utilHours: 6,
  utilWeightMs: 7,
  util: 8,
  utilMax: 9,
  utilPeak: 10,
  upMs: 11,
  downMs: 12,
  flaps: 13,
  /** Then for each metric its count, sum and highest value. */
  quality: 14,
} as const;
const PER_METRIC = 3;
const WIDTH = SUM.quality + PER_METRIC * QUALITY_METRICS.length;
export const qualityPlace = (metric: number): number => SUM.quality + PER_METRIC * metric;

/** Bytes are kept as multiples of this and a rest. */
const LOW = 2 ** 26;

/** One number for each place. */
export type Sums = number[];

type Fold = 'sum' | 'max' | 'sum or null' | 'low';
const MAXIMA: readonly number[] = [SUM.utilMax, SUM.utilPeak, ...QUALITY_METRICS.map((_, metric) => qualityPlace(metric) + 2)];
const OPTIONAL: readonly number[] = [SUM.rxBytes, SUM.txBytes, SUM.flaps];
const LOWS: readonly number[] = [SUM.rxBytes + 1, SUM.txBytes + 1];
const foldOf = (place: number): Fold =>
  MAXIMA.includes(place) ? 'max' : OPTIONAL.includes(place) ? 'sum or null' : LOWS.includes(place) ? 'low' : 'sum';
const FOLDS = Array.from({ length: WIDTH }, (_, place) => foldOf(place));
const NOTHING: Sums = FOLDS.map((fold) => (fold === 'sum' || fold === 'low' ? 0 : Number.NaN));

export const noSums = (): Sums => NOTHING.slice();

/** Adds to a place whose column may be null. */
export function addKnown(sums: Sums, place: number, value: number): void {
  if (Number.isNaN(value)) return;
  const known = sums[place] ?? 0;
  sums[place] = Number.isNaN(known) ? value : known + value;
}

export function addBytes(sums: Sums, place: number, bytes: number): void {
  if (Number.isNaN(bytes)) return;
  const high = Math.floor(bytes / LOW);
  addKnown(sums, place, high);
  sums[place + 1] = (sums[place + 1] ?? 0) + (bytes - high * LOW);
}

export function raise(sums: Sums, place: number, value: number): void {
  // A highest value not known yet is not more than anything.
  if (!Number.isNaN(value) && !((sums[place] ?? 0) >= value)) sums[place] = value;
}

export function mergeSumsInto(sums: Sums, other: Sums): void {
  for (let place = 0; place < WIDTH; place++) {
    const value = other[place] ?? 0;
    const fold = FOLDS[place];
    if (fold === 'max') raise(sums, place, value);
    else if (fold === 'sum or null') addKnown(sums, place, value);
    else sums[place] = (sums[place] ?? 0) + value;
  }
}

type SqlType = 'int4' | 'int8' | 'float8' | 'numeric';
const INT4 = new Set<number>([SUM.facts, SUM.utilHours, SUM.flaps]);
const FLOAT8 = new Set<number>([SUM.util, ...MAXIMA, ...QUALITY_METRICS.map((_, metric) => qualityPlace(metric) + 1)]);
const typeOf = (place: number): SqlType =>
  place === SUM.rxBytes || place === SUM.txBytes ? 'numeric' : INT4.has(place) ? 'int4' : FLOAT8.has(place) ? 'float8' : 'int8';
/** Places in the order of `SUM_COLUMNS`, with the types of the columns. */
const COLUMNS = FOLDS.flatMap((fold, place) => (fold === 'low' ? [] : [{ place, type: typeOf(place) }]));

function bytesOf(sums: Sums, place: number): number | bigint {
  const [high, low] = [sums[place] ?? Number.NaN, sums[place + 1] ?? 0];
  const value = high * LOW + low;
  return Number.isNaN(value) || value <= Number.MAX_SAFE_INTEGER ? value : BigInt(high) * BigInt(LOW) + BigInt(low);
}

export function writeSums(row: CopyWriter, sums: Sums): void {
  for (const { place, type } of COLUMNS) {
    if (type === 'numeric') row.numeric(bytesOf(sums, place));
    else row[type](sums[place] ?? Number.NaN);
  }
}

export function readSums(row: CopyCursor): Sums {
  const sums = noSums();
  for (const { place, type } of COLUMNS) {
    if (type !== 'numeric') sums[place] = row[type]();
    else {
      const value = row.numeric();
      if (typeof value === 'number') addBytes(sums, place, value);
      else {
        sums[place] = Number(value / BigInt(LOW));
        sums[place + 1] = Number(value % BigInt(LOW));
      }
    }
  }
  return sums;
}
