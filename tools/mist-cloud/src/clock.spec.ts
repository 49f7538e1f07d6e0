import { createClock } from './clock.js';

describe('clock', () => {
  it('stands still until it is moved, and tells', () => {
    const clock = createClock(1000, { kind: 'driven' });
    const told: number[] = [];
    const stop = clock.onChange(() => told.push(clock.now()));
    clock.advance(500);
    clock.set(9000);
    stop();
    clock.advance(1);
    expect(told).toEqual([1500, 9000]);
    expect(clock.now()).toBe(9001);
  });

  it('follows real time at its speed', () => {
    let realMs = 0;
    const clock = createClock(1000, { kind: 'following', speed: 60 }, () => realMs);
    realMs = 2000;
    expect(clock.now()).toBe(121_000);
    clock.set(0);
    realMs = 2500;
    expect(clock.now()).toBe(30_000);
  });

  it('refuses what is no time', () => {
    expect(() => createClock(0, { kind: 'driven' }).set(Number.NaN)).toThrow('NaN is not a time');
  });
});
