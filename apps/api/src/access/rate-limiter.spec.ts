import { RateLimiter } from './rate-limiter.js';

it('gives the burst, then what the rate earns, to each key on its own', () => {
  let now = 0;
  const limiter = new RateLimiter({ requestsPerSecond: 2, burst: 3 }, { now: () => now });
  expect([1, 2, 3, 4].map(() => limiter.take('a'))).toEqual([0, 0, 0, 1]);
  expect(limiter.take('b')).toBe(0);
  now = 500;
  expect([limiter.take('a'), limiter.take('a')]).toEqual([0, 1]);
  now = 60_000;
  expect([1, 2, 3, 4].map(() => limiter.take('a'))).toEqual([0, 0, 0, 1]);
});

it('does not lose what was earned when the clock steps back', () => {
  let now = 10_000;
  const limiter = new RateLimiter({ requestsPerSecond: 1, burst: 1 }, { now: () => now });
  expect(limiter.take('a')).toBe(0);
  now = 5_000;
  expect(limiter.take('a')).toBe(1);
  now = 6_000;
  expect(limiter.take('a')).toBe(0);
});

it('forgets who was not seen for longest when there are too many, and nobody else', () => {
  const limiter = new RateLimiter({ requestsPerSecond: 1, burst: 1 }, { now: () => 0 });
  const others = Array.from({ length: 20_000 }, (_, at) => `other ${String(at)}`);
  expect(limiter.take('a')).toBe(0);
  for (const other of others) {
    limiter.take(other);
    if (limiter.take('a') === 0) throw new Error(`a was forgotten after ${other}`);
  }
  expect(limiter.take('other 0')).toBe(0);
});
