import type { Streak } from './streak.js';

/** Hours that a mask can hold: more than the longest local day has. */
export const MASK_HOURS = 31;

/** The streak of up to 31 hours of which bit `i` says whether hour `i` is above. */
export const streakOfMask = (mask: number, length: number): Streak => {
  if (length < 0 || length > MASK_HOURS || mask < 0 || (length < MASK_HOURS && mask >>> length !== 0))
    throw new RangeError(`A mask of ${String(length)} hours cannot be ${String(mask)}.`);
  let [total, longest] = [0, 0];
  for (let rest = mask; rest !== 0; rest &= rest - 1) total++;
  for (let rest = mask; rest !== 0; rest &= rest << 1) longest++;
  const suffix = length === 0 ? 0 : Math.clz32(~(mask << (32 - length)));
  return { length, prefix: 31 - Math.clz32(~mask & (mask + 1)), suffix, longest, total };
};
