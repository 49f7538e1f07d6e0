import { readFileSync } from 'node:fs';
import type { HourFact } from '../circuit.js';
import { input, noBandwidth, path, poll, t } from './circuit-input.fixture.js';
import { hourFacts } from './facts.js';
import { type CircuitInput, DEFAULT_FACT_SETTINGS } from './input.js';
import { percentileCont, qualityOf } from './quality.js';

interface QualityCase {
  case: string;
  samples: (number | null)[];
  expected: { avg: number | null; max: number | null; samples: number; p95: number | null };
}
const golden = JSON.parse(
  readFileSync(new URL('../../test-fixtures/golden/quality_avg_max_p95.json', import.meta.url), 'utf8'),
) as { cases: QualityCase[] };

describe('golden quality', () => {
  it.each(golden.cases)('$case', ({ samples, expected }) => {
    const { count, avg, max, p95 } = qualityOf(samples);
    expect([count, max]).toEqual([expected.samples, expected.max]);
    if (expected.avg === null || expected.p95 === null) expect([avg, p95]).toEqual([null, null]);
    else {
      expect(avg).toBeCloseTo(expected.avg, 4);
      expect(p95).toBeCloseTo(expected.p95, 9);
    }
  });
});

describe('percentileCont', () => {
  it('interpolates between neighbours, for long input too', () => {
    expect(percentileCont([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(
      percentileCont(
        Array.from({ length: 101 }, (_, i) => 100 - i),
        0.95,
      ),
    ).toBe(95);
  });

  it('gives the same of many values in any order as of all sorted', () => {
    for (const [length, kinds] of [
      [49, 49],
      [200, 7],
      [333, 1],
      [744, 10_007],
    ] as const) {
      const values = Array.from({ length }, (_, i) => ((i * 7919 + 13) % kinds) / 3);
      const sorted = values.toSorted((a, b) => a - b);
      for (const fraction of [0, 0.05, 0.5, 0.95, 0.999, 1]) {
        const rank = fraction * (length - 1);
        const [below = 0, above = below] = [sorted[Math.floor(rank)], sorted[Math.ceil(rank)]];
        expect(percentileCont(values, fraction)).toBe(below + (rank - Math.floor(rank)) * (above - below));
      }
    }
  });
});

const hour = (over: Partial<CircuitInput>): HourFact => {
  const [fact] = hourFacts(input(over), [t('10:00')], noBandwidth, DEFAULT_FACT_SETTINGS);
  if (fact === undefined) throw new Error('no fact');
  return fact;
};

describe('quality of an hour', () => {
  it("takes each metric's worst over the up and active paths", () => {
    const paths = [
      path('10:05', 'a', { latencyMs: 10, jitterMs: 9, lossPct: 0 }),
      path('10:05', 'b', { latencyMs: 30, jitterMs: 1, lossPct: null }),
      path('10:05', 'c', { active: false, latencyMs: 99, jitterMs: 99, lossPct: 99 }),
      path('10:05', 'd', { up: false, latencyMs: 500, jitterMs: 500, lossPct: 100 }),
    ];
    expect(hour({ paths })).toMatchObject({ latency: { count: 1, avg: 30 }, jitter: { avg: 9 }, loss: { count: 1, avg: 0 } });
  });

  it('else over all up paths; and nothing at all when every path is down', () => {
    const paths = [
      path('10:05', 'a', { active: false, latencyMs: 10 }),
      path('10:05', 'b', { active: null, latencyMs: 20 }),
      path('10:05', 'c', { up: false, latencyMs: 500 }),
      path('10:10', 'a', { up: false, latencyMs: 0, lossPct: 100 }),
    ];
    expect(hour({ paths, polls: [poll('10:05', { latencyMs: 7, lossPct: 3 })] })).toMatchObject({
      latency: { count: 1, max: 20 },
      loss: { count: 0, avg: null },
    });
  });

  it("uses the port's figures where no path exists; missing is not 0", () => {
    const polls = [
      poll('10:00', { latencyMs: 10 }),
      poll('10:10', { latencyMs: null }),
      poll('10:20', { latencyMs: 30 }),
      poll('11:00', { latencyMs: 900 }),
    ];
    expect(hour({ polls, paths: [path('09:59', 'a', { latencyMs: 1 })] })).toMatchObject({
      latency: { count: 2, avg: 20, max: 30, p95: 29 },
      jitter: { count: 0, avg: null, max: null, p95: null },
    });
  });
});
