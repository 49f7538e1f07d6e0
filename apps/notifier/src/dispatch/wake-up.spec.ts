import { wakeUpAt } from './wake-up.js';

const NOW = 1_000_000;
const WAIT = 30_000;

describe('a wake-up', () => {
  it('comes when everything that shares it is due, and a quarter of a second after it at the latest', () => {
    const latest = new Map<string, number>();
    for (let now = NOW; now < NOW + 2_000; now += 7) {
      const { jobId, delayMs } = wakeUpAt(1, now + WAIT, now);
      const at = latest.get(jobId) ?? now + delayMs;
      latest.set(jobId, at);
      // The job that waits already is the one that comes, whoever asks later.
      expect(at).toBeGreaterThanOrEqual(now + WAIT);
      expect(at - (now + WAIT)).toBeLessThan(250);
    }
    expect(latest.size).toBeLessThanOrEqual(9);
  });

  it('is another one for another org', () => {
    expect(wakeUpAt(1, NOW, NOW).jobId).not.toBe(wakeUpAt(2, NOW, NOW).jobId);
  });
});
