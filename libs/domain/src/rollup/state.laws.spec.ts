import fc from 'fast-check';
import { HOURLY_KPIS } from '../kpi/catalogue.js';
import { percentileCont } from '../kpi/quality.js';
import { mergeStreaks, NO_STREAK, streakOfHour } from '../kpi/streak.js';
import { type FoldableHour, hourlyValue, streakOver } from '../kpi/window-kpis.js';
import type { Span } from '../sample.js';
import { isAtOrAbove, LEVELS } from '../thresholds/threshold.js';
import { bucketsBetween, type Grain, HOUR_MS } from '../time/bucket.js';
import { stretchOfHours, type ThresholdsByKpi } from './hours.js';
import { someHours, someThresholds, START } from './hours.fixture.js';
import { kpisOfPool, kpisOfStretch, NO_PERCENTILES, percentilesOfSorted, windowKpis } from './kpis.js';
import {
  gapOf,
  mergePools,
  mergeStretches,
  mergeSums,
  NO_POOL,
  NO_STRETCH,
  NO_SUMS,
  perThreshold,
  poolOf,
  type PoolState,
  type StretchState,
  type Sums,
} from './state.js';

/** Sums of decimals depend on their order by a hair: they are compared as far as a reader could ever see. */
const rounded = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value, (_key, part: unknown) => (typeof part === 'number' ? roundedNumber(part) : part))) as T;
const roundedNumber = (value: number): number | string =>
  !Number.isFinite(value) ? String(value) : Number.isInteger(value) ? value : Number(value.toPrecision(10));

const HOURS = 60;
const whole: Span = { from: START, to: START + HOURS * HOUR_MS };
const hours = someHours(HOURS);
const cuts = fc.array(fc.integer({ min: 0, max: HOURS }), { maxLength: 6 });

const spansOf = (at: readonly number[]): Span[] => {
  const edges = [0, ...[...at].sort((a, b) => a - b), HOURS];
  return edges.slice(1).map((to, i) => ({ from: START + (edges[i] ?? 0) * HOUR_MS, to: START + to * HOUR_MS }));
};
const partsOf = (facts: readonly FoldableHour[], at: readonly number[], thresholds: ThresholdsByKpi): StretchState[] =>
  spansOf(at).map((span) => stretchOfHours(facts, span, thresholds));

/** Everything about an hour, hour by hour: the slow way, of no more than the definitions. */
const hourByHour = (facts: readonly FoldableHour[], thresholds: ThresholdsByKpi): StretchState => {
  const slots = Array.from({ length: HOURS }, (_, i) => facts.find(({ hour }) => hour === START + i * HOUR_MS));
  const above = perThreshold((kpi, level) =>
    slots
      .map((fact) => {
        const value = fact === undefined ? null : hourlyValue(fact, kpi);
        return streakOfHour(value !== null && isAtOrAbove(value, thresholds[kpi][level]));
      })
      .reduce(mergeStreaks, NO_STREAK),
  );
  return { ...slots.map(sumsOfSlot).reduce(mergeSums, NO_SUMS), above };
};
const sumsOfSlot = (fact: FoldableHour | undefined): Sums => {
  if (fact === undefined) return NO_SUMS;
  const of = (value: number | null, weight: number, max: number | null) => ({
    ...(value === null ? { count: 0, weight: 0, weightedSum: 0 } : { count: 1, weight, weightedSum: value * weight }),
    max: max ?? -Infinity,
  });
  const { coveredMs, rxBytes, txBytes, upMs, downMs, flaps, utilizationPct, peakUtilizationPct } = fact;
  return {
    ...{ facts: 1, coveredMs, rxBytes, txBytes, upMs, downMs, flaps, peakUtilizationPct },
    utilization: of(utilizationPct, coveredMs, utilizationPct),
    latency: of(fact.latency.avg, fact.latency.count, fact.latency.max),
    jitter: of(fact.jitter.avg, fact.jitter.count, fact.jitter.max),
    loss: of(fact.loss.avg, fact.loss.count, fact.loss.max),
  };
};

describe('the state of a stretch of hours', () => {
  it('is the merge of its hours one by one', () => {
    fc.assert(
      fc.property(hours, someThresholds, (facts, thresholds) => {
        expect(rounded(stretchOfHours(facts, whole, thresholds))).toEqual(rounded(hourByHour(facts, thresholds)));
      }),
      { numRuns: 50 },
    );
  });

  it('is the same however the span is cut, and in whatever order the parts are merged', () => {
    fc.assert(
      fc.property(hours, cuts, someThresholds, (facts, at, thresholds) => {
        const parts = partsOf(facts, at, thresholds);
        const all = stretchOfHours(facts, whole, thresholds);
        const fromLeft = parts.reduce(mergeStretches, NO_STRETCH);
        const fromRight = parts.reduceRight((after, before) => mergeStretches(before, after), NO_STRETCH);
        expect(rounded(fromLeft)).toEqual(rounded(all));
        expect(rounded(fromRight)).toEqual(rounded(all));
        expect(fromLeft.above).toEqual(all.above);
      }),
      { numRuns: 50 },
    );
  });

  it('has an identity, and gaps that only break runs', () => {
    fc.assert(
      fc.property(hours, someThresholds, fc.nat(5), (facts, thresholds, gap) => {
        const state = stretchOfHours(facts, whole, thresholds);
        expect(mergeStretches(NO_STRETCH, state)).toEqual(state);
        expect(mergeStretches(state, NO_STRETCH)).toEqual(state);
        const longer = stretchOfHours(facts, { ...whole, to: whole.to + gap * HOUR_MS }, thresholds);
        expect(mergeStretches(state, gapOf(gap))).toEqual(longer);
      }),
      { numRuns: 30 },
    );
  });

  it('minds neither shuffled nor repeated hours, and takes the last of what was said about one', () => {
    const shuffled = hours.chain((facts) =>
      fc.tuple(fc.constant(facts), fc.shuffledSubarray([...facts, ...facts], { minLength: facts.length * 2 })),
    );
    fc.assert(
      fc.property(shuffled, someThresholds, ([facts, twice], thresholds) => {
        const state = stretchOfHours(facts, whole, thresholds);
        expect(stretchOfHours(twice, whole, thresholds)).toEqual(state);
        const outdated = facts.map((fact) => ({ ...fact, utilizationPct: 99, coveredMs: 1 }));
        expect(stretchOfHours([...outdated, ...facts], whole, thresholds)).toEqual(state);
      }),
      { numRuns: 50 },
    );
  });
});

describe('rollups of rollups', () => {
  const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/St_Johns');
  const chain = (facts: readonly FoldableHour[], span: Span, thresholds: ThresholdsByKpi): StretchState =>
    stretchOfHours(facts, span, thresholds);

  it('are rollups of hours: weeks and months from days, where clocks change and half-hour zones too', () => {
    fc.assert(
      fc.property(
        someHours(24 * 16),
        zones,
        fc.constantFrom<Grain>('week', 'month'),
        someThresholds,
        (facts, zone, grain, by) => {
          for (const period of bucketsBetween(START, START + 16 * 24 * HOUR_MS, grain, zone)) {
            const days = bucketsBetween(period.from, period.to, 'day', zone).map((day) => chain(facts, day, by));
            expect(rounded(days.reduce(mergeStretches, NO_STRETCH))).toEqual(rounded(chain(facts, period, by)));
          }
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('pools of circuits', () => {
  const pools = fc
    .array(fc.tuple(hours, someThresholds), { maxLength: 5 })
    .map((circuits) => circuits.map(([facts, thresholds]) => poolOf(stretchOfHours(facts, whole, thresholds))));

  it('are the same in any order and nesting, and have an identity', () => {
    fc.assert(
      fc.property(pools, fc.nat(5), (all, cut) => {
        const pooled = all.reduce(mergePools, NO_POOL);
        const merged = (some: readonly PoolState[]): PoolState => some.reduce(mergePools, NO_POOL);
        expect(rounded(merged([...all].reverse()))).toEqual(rounded(pooled));
        expect(rounded(mergePools(merged(all.slice(0, cut)), merged(all.slice(cut))))).toEqual(rounded(pooled));
        expect(mergePools(NO_POOL, pooled)).toEqual(pooled);
      }),
      { numRuns: 30 },
    );
  });

  it('know the circuit-hours above, and the longest run of one circuit', () => {
    fc.assert(
      fc.property(fc.array(hours, { minLength: 1, maxLength: 4 }), someThresholds, (circuits, thresholds) => {
        const pool = circuits.map((facts) => poolOf(stretchOfHours(facts, whole, thresholds))).reduce(mergePools, NO_POOL);
        for (const kpi of HOURLY_KPIS)
          for (const level of LEVELS) {
            const streaks = circuits.map((facts) => streakOver(facts, kpi, thresholds[kpi][level], whole));
            expect(pool.above[kpi][level]).toEqual({
              total: streaks.reduce((sum, { total }) => sum + total, 0),
              longest: Math.max(...streaks.map(({ longest }) => longest)),
            });
          }
      }),
      { numRuns: 30 },
    );
  });
});

describe('KPIs of a state', () => {
  it('are those of its hours, whichever way the state was made', () => {
    fc.assert(
      fc.property(hours, cuts, someThresholds, (facts, at, thresholds) => {
        const merged = partsOf(facts, at, thresholds).reduce(mergeStretches, NO_STRETCH);
        const kpis = kpisOfStretch(merged, { span: whole, thresholds, percentiles: percentilesOfSorted(facts) });
        expect(rounded(kpis)).toEqual(rounded(windowKpis(facts, whole, thresholds)));
      }),
      { numRuns: 50 },
    );
  });

  it('take every percentage and average from sums, never from percentages', () => {
    fc.assert(
      fc.property(fc.array(hours, { minLength: 1, maxLength: 4 }), someThresholds, (circuits, thresholds) => {
        const pool = circuits.map((facts) => poolOf(stretchOfHours(facts, whole, thresholds))).reduce(mergePools, NO_POOL);
        const frame = { span: whole, thresholds, percentiles: NO_PERCENTILES };
        const kpis = kpisOfPool(pool, frame);
        const all = circuits.flat();
        const sum = (of: (fact: FoldableHour) => number): number => all.reduce((so, fact) => so + of(fact), 0);
        const [up, down] = [sum(({ upMs }) => upMs), sum(({ downMs }) => downMs)];
        const share = (part: number, of: number): number | null => (of > 0 ? part / of : null);
        const weighed = sum((f) => (f.utilizationPct ?? 0) * f.coveredMs);
        const weight = sum((f) => (f.utilizationPct === null ? 0 : f.coveredMs));
        expect(rounded([kpis.availabilityPct, kpis.coveragePct, kpis.utilization.avgPct])).toEqual(
          rounded([
            up + down > 0 ? (up / (up + down)) * 100 : null,
            // Hours without a fact are hours in which the circuit was not there.
            all.length > 0 ? ((up + down) / (all.length * HOUR_MS)) * 100 : null,
            share(weighed, weight),
          ]),
        );
        expect(rounded(kpis.latency.avg)).toEqual(
          rounded(
            share(
              sum((f) => (f.latency.avg ?? 0) * f.latency.count),
              sum((f) => (f.latency.avg === null ? 0 : f.latency.count)),
            ),
          ),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('know the exact p95 of utilization, and of quality only what is known sample by sample', () => {
    fc.assert(
      fc.property(hours, someThresholds, (facts, thresholds) => {
        const { utilization, latency } = windowKpis(facts, whole, thresholds);
        const values = facts.flatMap(({ utilizationPct }) => (utilizationPct === null ? [] : [utilizationPct]));
        expect(utilization.p95Pct).toBe(percentileCont(values, 0.95));
        const measured = facts.filter((fact) => fact.latency.count > 0);
        const only = measured.length === 1 ? (measured[0]?.latency.p95 ?? null) : null;
        expect(latency.p95).toBe(only);
        expect(latency.p95CoveragePct).toBe(latency.count === 0 ? null : only === null ? 0 : 100);
      }),
      { numRuns: 50 },
    );
  });
});
