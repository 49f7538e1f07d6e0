import fc from 'fast-check';
import { utilizationBucketOf, utilizationDistribution } from './distribution.js';

it.each([
  [0, 0],
  [9.999, 0],
  [10, 1],
  [9.9999999999, 1],
  [89.999, 8],
  [90, 9],
  [99.999, 9],
  [100, 9],
  [100.0000000001, 9],
  [100.001, 10],
  [1e12, 10],
  [Infinity, 10],
])('puts %d %% into bucket %d', (pct, bucket) => {
  expect(utilizationBucketOf(pct)).toBe(bucket);
});

it('counts circuits by bucket, and those without a value apart', () => {
  const { buckets, noData, circuits } = utilizationDistribution([0, 5, 75, null, 100, 250, null]);
  expect([circuits, noData]).toEqual([7, 2]);
  expect(buckets.filter((bucket) => bucket.circuits > 0)).toEqual([
    { fromPct: 0, toPct: 10, circuits: 2 },
    { fromPct: 70, toPct: 80, circuits: 1 },
    { fromPct: 90, toPct: 100, circuits: 1 },
    { fromPct: 100, toPct: null, circuits: 1 },
  ]);
  expect(buckets).toHaveLength(11);
});

it('loses no circuit, in whatever order they come', () => {
  const value = fc.option(fc.double({ min: 0, max: 300, noNaN: true }));
  fc.assert(
    fc.property(fc.array(value), (values) => {
      const told = utilizationDistribution(values);
      expect(told.buckets.reduce((sum, { circuits }) => sum + circuits, told.noData)).toBe(values.length);
      expect(utilizationDistribution([...values].reverse())).toEqual(told);
    }),
  );
});
