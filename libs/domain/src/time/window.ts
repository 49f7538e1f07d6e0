import type { EpochMs, Span } from '../sample.js';
import { HOUR_MS, hourOf, monthsThrough } from './bucket.js';

/** Trailing windows by their length in whole hours. */
export const WINDOWS = { '3h': 3, '12h': 12, '24h': 24 } as const;
export type WindowName = keyof typeof WINDOWS;

/** Months of history that availability and top lists look back over. */
export const HISTORY_MONTHS = 13;

/** The `hours` whole UTC hours before an explicit end. */
export const trailingHours = (end: EpochMs, hours: number): Span => ({ from: hourOf(end) - hours * HOUR_MS, to: hourOf(end) });

export const trailingWindow = (end: EpochMs, window: WindowName): Span => trailingHours(end, WINDOWS[window]);

/** Calendar months m-12 .. m, where m is the month of the last instant before the asked end. */
export const rollingMonths = (end: EpochMs, zone = 'utc'): Span => monthsThrough(end - 1, HISTORY_MONTHS, zone);
