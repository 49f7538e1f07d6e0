import fc from 'fast-check';
import { COLLECT_KINDS } from '@app/shared';
import { cadenceOf, isPollSchedule, RECONCILE_ID, scheduleId, slotStart } from './slots.js';

describe('slots', () => {
  it('begin every interval at the phase', () => {
    const cadence = { everyMs: 300_000, offsetMs: 20_000 };
    expect([320_000, 619_999, 620_000, 319_999].map((now) => slotStart(now, cadence))).toEqual([
      320_000, 320_000, 620_000, 20_000,
    ]);
  });

  it('hold every instant exactly once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 45 }),
        fc.integer({ min: 1, max: 86_400_000 }),
        fc.nat(),
        (now, everyMs, phase) => {
          const start = slotStart(now, { everyMs, offsetMs: phase % everyMs });
          expect(start).toBeLessThanOrEqual(now);
          expect(start + everyMs).toBeGreaterThan(now);
        },
      ),
    );
  });

  it('spread orgs over the interval, always in the same way', () => {
    const phases = Array.from({ length: 200 }, (_, index) => cadenceOf(`org-${index}`, 'wan-ports', 300_000).offsetMs);
    expect(phases.filter((phase) => phase < 150_000).length).toBeGreaterThan(70);
    expect(phases.filter((phase) => phase < 150_000).length).toBeLessThan(130);
    expect(cadenceOf('org-7', 'wan-ports', 300_000)).toEqual({ everyMs: 300_000, offsetMs: phases[7] });
  });

  it('read the detail of a site a minute after its scores', () => {
    const [scores, detail] = [cadenceOf('org', 'sle-wifi', 900_000), cadenceOf('org', 'sle-detail', 900_000)];
    expect((detail.offsetMs - scores.offsetMs + 900_000) % 900_000).toBe(60_000);
  });

  it('have ids that the queue accepts and that are told from others', () => {
    for (const kind of COLLECT_KINDS) {
      const id = scheduleId('a:b c', kind);
      expect(id).not.toContain(':');
      expect(isPollSchedule(id)).toBe(true);
    }
    expect([RECONCILE_ID, 'close-hours.x'].some(isPollSchedule)).toBe(false);
  });
});
