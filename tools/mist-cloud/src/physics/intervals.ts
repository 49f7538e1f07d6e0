/** A half-open span of time, epoch milliseconds. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Sorted spans without overlap; spans that touch become one. */
export const union = (intervals: readonly Interval[]): readonly Interval[] => {
  const merged: Interval[] = [];
  for (const { fromMs, toMs } of [...intervals].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = merged.at(-1);
    if (last && fromMs <= last.toMs) merged[merged.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, toMs) };
    else if (toMs > fromMs) merged.push({ fromMs, toMs });
  }
  return merged;
};

/** The span that contains an instant, or null. */
export const spanAt = <T extends Interval>(intervals: readonly T[], atMs: number): T | null =>
  intervals.find((span) => span.fromMs <= atMs && atMs < span.toMs) ?? null;

/** Milliseconds of `[from, to)` that lie in the spans, which must not overlap. */
export const overlapMs = (intervals: readonly Interval[], window: Interval): number =>
  intervals.reduce((sum, span) => sum + Math.max(0, Math.min(span.toMs, window.toMs) - Math.max(span.fromMs, window.fromMs)), 0);

/** The parts of the first spans that lie outside the second. */
export const subtract = (intervals: readonly Interval[], holes: readonly Interval[]): readonly Interval[] =>
  holes.reduce<readonly Interval[]>(
    (left, hole) =>
      left.flatMap((span) =>
        [
          { fromMs: span.fromMs, toMs: Math.min(span.toMs, hole.fromMs) },
          { fromMs: Math.max(span.fromMs, hole.toMs), toMs: span.toMs },
        ].filter((part) => part.toMs > part.fromMs),
      ),
    intervals,
  );
