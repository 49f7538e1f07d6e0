import { mergeStreaks, NO_STREAK, streakOfHour } from './streak.js';
import { MASK_HOURS, streakOfMask } from './streak-mask.js';

const slowly = (mask: number, length: number) =>
  Array.from({ length }, (_, i) => streakOfHour(((mask >>> i) & 1) === 1)).reduce(mergeStreaks, NO_STREAK);

describe('streakOfMask', () => {
  it('is the merge of its hours', () => {
    for (let length = 0; length <= 10; length++)
      for (let mask = 0; mask < 2 ** length; mask++) expect(streakOfMask(mask, length)).toEqual(slowly(mask, length));
  });

  it('knows long days too', () => {
    for (let seed = 1; seed < 2_000; seed++) {
      const mask = Math.imul(seed, 2_654_435_761) & 0x7fffffff;
      for (const length of [24, 25, MASK_HOURS]) {
        const cut = length === MASK_HOURS ? mask : mask & (2 ** length - 1);
        expect(streakOfMask(cut, length)).toEqual(slowly(cut, length));
      }
    }
    expect(streakOfMask(2 ** 31 - 1, 31)).toEqual({ length: 31, prefix: 31, suffix: 31, longest: 31, total: 31 });
  });

  it('refuses hours that are not there', () => {
    expect(() => streakOfMask(4, 2)).toThrow(RangeError);
    expect(() => streakOfMask(1, 32)).toThrow(RangeError);
  });
});
