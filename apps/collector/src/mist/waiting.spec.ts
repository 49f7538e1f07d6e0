import { backoffMs, parkJitterMs, retryAfterMs, untilNextHourMs } from './waiting.js';

const NOW = Date.UTC(2026, 2, 2, 10, 45);

describe('waiting for Mist', () => {
  it.each([
    [1, 0.999, 500],
    [2, 0.999, 999],
    [3, 0.5, 1000],
    [9, 0.5, 4000],
    [1, 0, 0],
  ])('after attempt %d at random %d waits %d ms', (attempts, random, expected) => {
    expect(backoffMs({ attempts: 4, firstMs: 500, maxMs: 8000 }, attempts, random)).toBe(expected);
  });

  it.each([
    ['30', 30_000],
    [' 0 ', 0],
    ['Mon, 02 Mar 2026 10:46:00 GMT', 60_000],
    ['Mon, 02 Mar 2026 10:00:00 GMT', 0],
    ['soon', null],
    ['', null],
    [null, null],
  ])('reads Retry-After %j as %j', (header, expected) => {
    expect(retryAfterMs(header, NOW)).toBe(expected);
  });

  it('waits for the top of the hour', () => {
    expect(untilNextHourMs(NOW)).toBe(15 * 60_000);
    expect(untilNextHourMs(Date.UTC(2026, 2, 2, 11))).toBe(3_600_000);
  });

  it('spreads the return by up to five seconds', () => {
    expect([parkJitterMs(0), parkJitterMs(0.5)]).toEqual([0, 2500]);
  });
});
