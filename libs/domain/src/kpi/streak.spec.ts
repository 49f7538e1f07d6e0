import fc from 'fast-check';
import { mergeStreaks, NO_STREAK, type Streak, streakGap, streakOfHour } from './streak.js';

const streakOf = (hours: readonly boolean[]): Streak => hours.map(streakOfHour).reduce(mergeStreaks, NO_STREAK);
const hours = fc.array(fc.boolean(), { maxLength: 40 });

describe('streaks', () => {
  it.each<[string, Streak]>([
    ['', { length: 0, prefix: 0, suffix: 0, longest: 0, total: 0 }],
    ['##', { length: 2, prefix: 2, suffix: 2, longest: 2, total: 2 }],
    ['#.###.#', { length: 7, prefix: 1, suffix: 1, longest: 3, total: 5 }],
    ['..', { length: 2, prefix: 0, suffix: 0, longest: 0, total: 0 }],
  ])('of "%s"', (marks, streak) => {
    expect(streakOf([...marks].map((mark) => mark === '#'))).toEqual(streak);
  });

  it('bridge a cut, and a gap breaks them', () => {
    const two = streakOf([true, true]);
    expect(mergeStreaks(two, two).longest).toBe(4);
    expect(mergeStreaks(mergeStreaks(two, streakGap(3)), two)).toEqual({ length: 7, prefix: 2, suffix: 2, longest: 2, total: 4 });
    expect(streakGap(0)).toBe(NO_STREAK);
  });

  it('merge associatively, with an identity', () => {
    fc.assert(
      fc.property(hours, hours, hours, (x, y, z) => {
        const [a, b, c] = [streakOf(x), streakOf(y), streakOf(z)];
        expect(mergeStreaks(mergeStreaks(a, b), c)).toEqual(mergeStreaks(a, mergeStreaks(b, c)));
        expect([mergeStreaks(a, NO_STREAK), mergeStreaks(NO_STREAK, a)]).toEqual([a, a]);
      }),
    );
  });

  it('are the same for any cut of the span', () => {
    fc.assert(
      fc.property(hours, fc.nat(40), (all, cut) => {
        expect(mergeStreaks(streakOf(all.slice(0, cut)), streakOf(all.slice(cut)))).toEqual(streakOf(all));
      }),
    );
  });
});
