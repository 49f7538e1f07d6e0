import { chooseBuckets } from './grain.js';

const at = (text: string): number => Date.parse(text);
const asked = (from: string, to: string, grain: 'auto' | 'hour' | 'day' | 'week' | 'month', zone = 'UTC') => ({
  from: at(from),
  to: at(to),
  grain,
  zone,
});

it.each([
  ['2026-01-01T00:00:00Z', '2026-02-01T06:00:00Z', 'hour', 750],
  ['2026-01-01T00:00:00Z', '2026-02-01T07:00:00Z', 'day', 32],
  ['2024-01-01T00:00:00Z', '2026-01-21T00:00:00Z', 'week', 108],
  ['2010-01-01T00:00:00Z', '2026-01-01T00:00:00Z', 'month', 192],
])('from %s to %s the finest grain that fits is %s', (from, to, grain, points) => {
  const chosen = chooseBuckets(asked(from, to, 'auto'));
  expect([chosen.grain, chosen.buckets.length]).toEqual([grain, points]);
});

it('refuses an explicit grain with more than 750 points', () => {
  expect(() => chooseBuckets(asked('2026-01-01T00:00:00Z', '2026-02-01T07:00:00Z', 'hour'))).toThrow('too many points');
});

it('cuts days at the midnight of the zone, also where a day has 23 hours', () => {
  const { buckets } = chooseBuckets(asked('2026-03-28T23:00:00Z', '2026-03-30T22:00:00Z', 'day', 'Europe/Berlin'));
  expect(buckets.map(({ from, to }) => (to - from) / 3_600_000)).toEqual([23, 24]);
});

it('gives no point to the half hour of a zone in which no hour begins', () => {
  const { buckets } = chooseBuckets(asked('2025-10-31T18:30:00Z', '2025-11-30T19:00:00Z', 'month', 'Asia/Kolkata'));
  expect(buckets).toHaveLength(1);
});
