/** Hours at or above a threshold in a span of hours, mergeable: joining neighbouring spans bridges the run between them. */
export interface Streak {
  /** Hours in the span, missing ones included. */
  readonly length: number;
  /** Run at the span's start, and at its end. */
  readonly prefix: number;
  readonly suffix: number;
  /** Continuous time: the longest run. */
  readonly longest: number;
  /** Cumulative time: all such hours. */
  readonly total: number;
}

/** A span of no hours: the identity of `mergeStreaks`. */
export const NO_STREAK: Streak = { length: 0, prefix: 0, suffix: 0, longest: 0, total: 0 };

const HIT: Streak = { length: 1, prefix: 1, suffix: 1, longest: 1, total: 1 };

/** One hour; missing data is not above and breaks a run. */
export const streakOfHour = (isAbove: boolean): Streak => (isAbove ? HIT : streakGap(1));

/** Hours without data, or under the threshold. */
export const streakGap = (hours: number): Streak => (hours > 0 ? { ...NO_STREAK, length: hours } : NO_STREAK);

/** The streak of `a` followed at once by `b`. Associative. */
export const mergeStreaks = (a: Streak, b: Streak): Streak => {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  return {
    length: a.length + b.length,
    prefix: a.prefix === a.length ? a.length + b.prefix : a.prefix,
    suffix: b.suffix === b.length ? b.length + a.suffix : b.suffix,
    longest: Math.max(a.longest, b.longest, a.suffix + b.prefix),
    total: a.total + b.total,
  };
};
