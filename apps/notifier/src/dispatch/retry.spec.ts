import fc from 'fast-check';
import { retryAt } from './retry.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe('retryAt', () => {
  it.each([
    [1, 10 * SECOND],
    [2, 20 * SECOND],
    [5, 160 * SECOND],
    [9, 30 * MINUTE],
    [30, 30 * MINUTE],
  ])('after %i failures waits %i ms', (attempts, waitMs) => {
    expect(retryAt({ createdAt: 0, attempts, retryAfterMs: null }, HOUR, 0)).toBe(HOUR + waitMs);
  });

  it('comes up to a fifth earlier, by chance', () => {
    expect(retryAt({ createdAt: 0, attempts: 1, retryAfterMs: null }, 0, 0.5)).toBe(9 * SECOND);
  });

  it('waits as long as the receiver asks for', () => {
    expect(retryAt({ createdAt: 0, attempts: 1, retryAfterMs: 5 * MINUTE }, 0, 0)).toBe(5 * MINUTE);
  });

  it('tries for a day, some fifty times, and then gives up', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (random) => {
        let attempts = 0;
        for (let now: number | null = 0; now !== null; attempts += 1) {
          expect(now).toBeLessThanOrEqual(24 * HOUR);
          now = retryAt({ createdAt: 0, attempts: attempts + 1, retryAfterMs: null }, now, random);
        }
        expect(attempts).toBeGreaterThan(50);
        expect(attempts).toBeLessThan(80);
      }),
    );
  });
});
