import { ManualClock } from './manual-clock.js';

test('a manual clock moves only when told', () => {
  const clock = new ManualClock('2026-03-08T06:59:59Z');
  clock.advance(1_000);
  expect(new Date(clock.now()).toISOString()).toBe('2026-03-08T07:00:00.000Z');
  clock.set(0);
  expect(clock.now()).toBe(0);
});
