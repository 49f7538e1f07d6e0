import { invalid } from './problem.js';

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;
const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(2101, 0, 1);

/** Epoch milliseconds of an RFC 3339 time given by a caller; the end of the last year may be named, as ends are not included. */
export function parseTime(field: string, text: string): number {
  const fault = faultOfTime(field, text);
  if (fault !== null) throw invalid(field, fault);
  return Date.parse(text);
}

/** What is wrong with a time that stands in a field. */
export function faultOfTime(field: string, text: string): string | null {
  const at = RFC_3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) return `${field} must be a time such as 2026-03-01T00:00:00Z`;
  return at < EARLIEST || at > LATEST ? `${field} must lie in the years 2000 to 2100` : null;
}

/** A period `[from, to)` given by a caller, or the default before `now`. */
export function parsePeriod(
  given: { from?: string | undefined; to?: string | undefined },
  now: number,
  defaultMs: number,
): { from: number; to: number } {
  const to = given.to === undefined ? now : parseTime('to', given.to);
  const from = given.from === undefined ? to - defaultMs : parseTime('from', given.from);
  if (from >= to) throw invalid('from', 'from must lie before to');
  return { from, to };
}
