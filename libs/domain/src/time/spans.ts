import type { EpochMs, Span } from '../sample.js';

/** Ascending, disjoint, non-empty spans that cover the same instants. */
export const mergeSpans = (spans: readonly Span[]): readonly Span[] => {
  const only = spans[0];
  if (only === undefined || (spans.length === 1 && only.from < only.to)) return spans;
  const merged: { from: EpochMs; to: EpochMs }[] = [];
  for (const { from, to } of spans.filter((span) => span.from < span.to).sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return merged;
};

/** Whether `at` lies in one of the spans. */
export const isInside = (spans: readonly Span[], at: EpochMs): boolean => {
  for (const span of spans) if (span.from <= at && at < span.to) return true;
  return false;
};

/** Milliseconds of `[from, to)` that the merged spans cover. */
export const overlapMs = (spans: readonly Span[], from: EpochMs, to: EpochMs): number => {
  let covered = 0;
  for (const span of spans) covered += Math.max(0, Math.min(span.to, to) - Math.max(span.from, from));
  return covered;
};
