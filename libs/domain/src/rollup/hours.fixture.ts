import fc from 'fast-check';
import type { QualityHour } from '../circuit.js';
import { EMPTY_QUALITY } from '../kpi/quality.js';
import type { FoldableHour } from '../kpi/window-kpis.js';
import { HOUR_MS } from '../time/bucket.js';
import type { ThresholdsByKpi } from './hours.js';

export const START = Date.UTC(2026, 2, 28, 20);

/** Figures that reach all thresholds now and then, and lie exactly on them. */
const percent = fc.oneof(fc.constantFrom(0, 70, 80, 90, 100), fc.double({ min: 0, max: 120, noNaN: true }));
const quality: fc.Arbitrary<QualityHour> = fc.oneof(
  fc.constant(EMPTY_QUALITY),
  fc
    .record({ count: fc.integer({ min: 1, max: 300 }), avg: percent, spread: percent, p95: fc.option(percent) })
    .map(({ count, avg, spread, p95 }) => ({ count, avg, max: avg + spread, p95 })),
  // From another system: a highest value without an average, an average without a highest value.
  percent.map((max) => ({ ...EMPTY_QUALITY, max })),
  percent.map((avg) => ({ count: 12, avg, max: null, p95: null })),
);
const orNull = <T>(of: fc.Arbitrary<T>) => fc.option(of, { freq: 4 });
const bytes = fc.integer({ min: 0, max: 2 ** 45 });

/** What an hour fact may say, but for its hour. */
const figures: fc.Arbitrary<Omit<FoldableHour, 'hour'>> = fc
  .record({
    rxBytes: orNull(bytes),
    txBytes: orNull(bytes),
    coveredMs: fc.integer({ min: 0, max: HOUR_MS }),
    utilizationPct: orNull(percent),
    peakUtilizationPct: orNull(percent),
    known: fc.tuple(fc.integer({ min: 0, max: HOUR_MS }), fc.integer({ min: 0, max: HOUR_MS })),
    flaps: orNull(fc.nat(20)),
    latency: quality,
    jitter: quality,
    loss: quality,
  })
  .map(({ known: [a, b], ...rest }) => ({ ...rest, upMs: Math.min(a, b), downMs: HOUR_MS - Math.max(a, b) }));

/** Consecutive hours of a circuit; where there is none, no fact is stored. */
export const someHours = (maxLength: number): fc.Arbitrary<FoldableHour[]> =>
  fc
    .array(fc.option(figures, { freq: 5 }), { maxLength, size: 'max' })
    .map((slots) => slots.flatMap((slot, i) => (slot === null ? [] : [{ ...slot, hour: START + i * HOUR_MS }])));

const ascending = fc
  .uniqueArray(percent, { minLength: 3, maxLength: 3 })
  .map((values) => values.sort((a, b) => a - b))
  .map(([warning = 0, major = 0, critical = 0]) => ({ warning, major, critical }));

export const someThresholds: fc.Arbitrary<ThresholdsByKpi> = fc.record({
  utilization: ascending,
  loss: ascending,
  jitter: ascending,
  latency: ascending,
});
