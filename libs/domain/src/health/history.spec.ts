import { healthChange, meanHealth } from './history.js';

describe('health over a day', () => {
  it('is the mean of the hours that have a score', () => {
    expect(meanHealth([80, null, 60])).toBe(70);
    expect(meanHealth([null])).toBeNull();
    expect(meanHealth([])).toBeNull();
  });

  it.each([
    [70, 80, 10, false],
    [69.9, 80, 10.1, true],
    [90, 80, -10, false],
    [null, 80, null, false],
    [70, null, null, false],
  ])('%p after %p: lost %p, drop %p', (running, previous, lostPoints, isDrop) => {
    expect(healthChange(running, previous)).toMatchObject({ lostPoints, isDrop });
  });
});
