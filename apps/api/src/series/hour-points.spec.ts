import fc from 'fast-check';
import {
  HOUR_MS,
  kpisOfStretch,
  NO_PERCENTILES,
  NO_STRETCH,
  percentilesOfSorted,
  stretchOfHours,
  type HourFact,
  type QualityHour,
} from '@app/domain';
import { bucketsOf } from './buckets.js';
import { extraHours, POINT_GROUPS } from './cell.js';
import type { HourColumns } from './hour-columns.js';
import { hourPoints } from './hour-points.js';
import { pointJson } from './point.js';
import { countersOf, mbpsOf } from './traffic.js';

const START = Date.UTC(2026, 2, 1);
const thresholds = {
  utilization: { warning: 70, major: 80, critical: 90 },
  loss: { warning: 0.1, major: 0.5, critical: 1 },
  jitter: { warning: 10, major: 30, critical: 50 },
  latency: { warning: 50, major: 100, critical: 150 },
};

/** As Postgres writes a double: tiny and huge ones with an exponent of two digits. */
function stored(value: number): string {
  const text = String(value);
  const [, digits, sign, exponent] = /^(.+)e([+-])(\d+)$/.exec(text) ?? [];
  if (exponent !== undefined) return `${digits ?? ''}e${sign ?? ''}${exponent.padStart(2, '0')}`;
  if (Math.abs(value) >= 1e15) return value.toExponential();
  return value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential().replace(/e-(\d)$/, 'e-0$1') : text;
}

const array = (values: readonly (number | null)[]): string =>
  `{${values.map((value) => (value === null ? 'NULL' : stored(value))).join(',')}}`;

function rowOf(facts: readonly HourFact[]): HourColumns {
  const column = (of: (fact: HourFact) => number | null) => array(facts.map(of));
  const quality = <N extends 'latency' | 'jitter' | 'loss'>(name: N) =>
    ({
      [`${name}Count`]: column((fact) => fact[name].count),
      [`${name}Avg`]: column((fact) => fact[name].avg),
      [`${name}Max`]: column((fact) => fact[name].max),
      [`${name}P95`]: column((fact) => fact[name].p95),
    }) as Record<`${N}${'Count' | 'Avg' | 'Max' | 'P95'}`, string>;
  return {
    hours: facts.map(({ hour }) => hour / 1000),
    rxBytes: column((fact) => fact.rxBytes),
    txBytes: column((fact) => fact.txBytes),
    coveredMs: column((fact) => fact.coveredMs),
    rxMbps: column(({ rxBytes, coveredMs }) => mbpsOf(rxBytes, coveredMs)),
    txMbps: column(({ txBytes, coveredMs }) => mbpsOf(txBytes, coveredMs)),
    peakRxMbps: column(({ peakRxBps }) => (peakRxBps === null ? null : peakRxBps / 1e6)),
    peakTxMbps: column(({ peakTxBps }) => (peakTxBps === null ? null : peakTxBps / 1e6)),
    utilizationPct: column((fact) => fact.utilizationPct),
    peakUtilizationPct: column((fact) => fact.peakUtilizationPct),
    bandwidthDownMbps: column((fact) => fact.bandwidth.downMbps),
    bandwidthUpMbps: column((fact) => fact.bandwidth.upMbps),
    bandwidthSource: `{${facts.map((fact) => fact.bandwidth.source ?? 'NULL').join(',')}}`,
    counterReset: `{${facts.map((fact) => (fact.counterReset ? 't' : 'f')).join(',')}}`,
    upMs: column((fact) => fact.upMs),
    downMs: column((fact) => fact.downMs),
    flaps: column((fact) => fact.flaps),
    ...quality('latency'),
    ...quality('jitter'),
    ...quality('loss'),
  };
}

const figure = fc.option(
  fc.oneof(
    fc.double({ min: 0, max: 200, noNaN: true }),
    fc.double({ min: 0, max: 1e22, noNaN: true }),
    fc.constantFrom(0, 1e-7, 3e-5, 70, 1e21),
  ),
);
const bytes = fc.option(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));
const quality: fc.Arbitrary<QualityHour> = fc.record({
  count: fc.integer({ min: 0, max: 90 }),
  avg: figure,
  max: figure,
  p95: figure,
});
const fact = (hour: number): fc.Arbitrary<HourFact> =>
  fc.record({
    hour: fc.constant(hour),
    rxBytes: bytes,
    txBytes: bytes,
    coveredMs: fc.constantFrom(0, 1, 599_999, HOUR_MS),
    peakRxBps: figure,
    peakTxBps: figure,
    utilizationPct: figure,
    peakUtilizationPct: figure,
    bandwidth: fc.record({
      downMbps: figure,
      upMbps: figure,
      source: fc.constantFrom('configured', 'traffic_shaping', 'link_speed', null),
    }),
    upMs: fc.constantFrom(0, 1_234_567, HOUR_MS),
    downMs: fc.constantFrom(0, 7),
    flaps: fc.option(fc.nat(9)),
    counterReset: fc.boolean(),
    latency: quality,
    jitter: quality,
    loss: quality,
  });

const HOURS = 5;
const facts = fc
  .tuple(...Array.from({ length: HOURS }, (_, i) => fc.option(fact(START + i * HOUR_MS))))
  .map((each) => each.filter((one) => one !== null));
const asked = fc.record({
  metrics: fc.subarray([...POINT_GROUPS]).map((metrics) => new Set(metrics)),
  extra: fc.constantFrom(
    { utilization: [], loss: [], jitter: [], latency: [] },
    { utilization: [60, 0], loss: [], jitter: [1e-7], latency: Array.from({ length: 17 }, (_, i) => i * 9) },
  ),
  openFrom: fc.constantFrom(START, START + 3 * HOUR_MS, START + 9 * HOUR_MS),
});

describe('hours written from their columns', () => {
  const { buckets } = bucketsOf({ from: START, to: START + HOURS * HOUR_MS, grain: 'hour', zone: 'UTC' });

  it('are to the byte what the fold of the same hours would give', () => {
    fc.assert(
      fc.property(facts, asked, (known, { metrics, extra, openFrom }) => {
        const points = buckets.map((bucket) => {
          const own = known.filter(({ hour }) => hour === bucket.hours.from);
          const stretch = own.length === 0 ? NO_STRETCH : stretchOfHours(own, bucket.hours, thresholds);
          const percentiles = own.length === 0 ? NO_PERCENTILES : percentilesOfSorted(own);
          const cell = {
            kpis: kpisOfStretch(stretch, { span: bucket.hours, openFrom, thresholds, percentiles }),
            extra: extraHours(() => (own.length === 0 ? [] : [own]), extra, bucket.hours),
            circuits: null,
            bandwidth: own[0]?.bandwidth ?? null,
            counters: countersOf(own),
          };
          return pointJson(cell, bucket, metrics);
        });
        const written = hourPoints(rowOf(known), buckets, { thresholds, metrics, extra, openFrom });
        expect(written.bytes.toString()).toBe(JSON.stringify(points));
      }),
    );
  });

  it('are gaps where there are none at all', () => {
    const asGaps = { thresholds, metrics: new Set(POINT_GROUPS), extra: { utilization: [], loss: [], jitter: [], latency: [] } };
    const points = hourPoints({ hours: null }, buckets, { ...asGaps, openFrom: START }).toJSON();
    expect(points).toEqual(buckets.map(() => expect.objectContaining({ facts: 0, rx_bytes: null }) as unknown));
    expect(hourPoints({ hours: null }, [], { ...asGaps, openFrom: START }).toJSON()).toEqual([]);
  });
});
