import { DateTime } from 'luxon';
import rrule from 'rrule';
import type { EpochMs, Span } from '../sample.js';
import { isZone } from '../time/bucket.js';

/** A window that comes again, at the same time on the clocks of its zone. */
export interface Recurrence {
  /** RFC 5545, without DTSTART: `FREQ=WEEKLY;BYDAY=SU`. */
  readonly rrule: string;
  readonly timezone: string;
  /** Start of the first window. */
  readonly from: EpochMs;
  /** Length in real time, also over a change of the clocks (RFC 5545, exact durations). */
  readonly durationMs: number;
}

/** A rule that cannot be used, with what is wrong and how to mend it. */
export class RecurrenceFault extends Error {
  override readonly name = 'RecurrenceFault';
}

/** Finer rules would name a window a minute, which nobody means. */
const FREQUENCIES = /^FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;|$)/i;
/** The library takes a day it does not know for none. */
const DAYS = /^(.*;)?BYDAY=(([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)(,|$|(?=;)))+(;|$)/i;
const PARTS = /^[A-Z]+=[A-Z0-9,+-]+(;[A-Z]+=[A-Z0-9,+-]+)*$/i;
/** More windows than this in one question are an attack or a mistake. */
const MOST = 10_000;

/** Refuses what `windowsBetween` could not answer. */
export const checkRecurrence = ({ rrule: text, timezone, durationMs }: Recurrence): void => {
  if (!PARTS.test(text) || !FREQUENCIES.test(text))
    throw new RecurrenceFault(
      `"${text}" is no usable rule: begin with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY, as in FREQ=WEEKLY;BYDAY=SU.`,
    );
  if (/BY(HOUR|MINUTE|SECOND)=/i.test(text))
    throw new RecurrenceFault(`"${text}" is no usable rule: leave out the time of day, the window's start says it.`);
  if (!isZone(timezone)) throw new RecurrenceFault(`"${timezone}" is no time zone; use an IANA name such as Europe/Berlin.`);
  if (!(durationMs > 0)) throw new RecurrenceFault('The window has no length; let it end after it begins.');
  if (/BYDAY=/i.test(text) && !DAYS.test(text))
    throw new RecurrenceFault(
      `"${text}" is no usable rule: days are MO, TU, WE, TH, FR, SA, SU, with a number before them if wanted.`,
    );
  try {
    new rrule.RRule(rrule.RRule.parseString(text));
  } catch (error) {
    throw new RecurrenceFault(`"${text}" is no usable rule: ${error instanceof Error ? error.message : String(error)}.`);
  }
};

/**
 * The windows that overlap `[from, to)`, ascending. The rule runs on the clocks of the zone (the library counts a calendar without zones), and each
 * start is then placed in it: 02:30 stays 02:30 in summer and winter; a time that a change of the clocks leaves out begins as much later.
 */
export const windowsBetween = (recurrence: Recurrence, { from, to }: Span): Span[] => {
  checkRecurrence(recurrence);
  const { timezone, durationMs } = recurrence;
  const dtstart = asClock(recurrence.from, timezone);
  const rule = new rrule.RRule({ ...rrule.RRule.parseString(recurrence.rrule), dtstart });
  const windows: Span[] = [];
  // A day more on either side: a clock may be up to that far from UTC.
  const [first, last] = [
    new Date(asClock(from, timezone).getTime() - durationMs - DAY),
    new Date(asClock(to, timezone).getTime() + DAY),
  ];
  rule.between(first, last, true, (clock, i) => {
    // The first window is where it was put, also in an hour that comes twice.
    const start = clock.getTime() === dtstart.getTime() ? recurrence.from : fromClock(clock, timezone);
    if (start < to && start + durationMs > from && start >= recurrence.from)
      windows.push({ from: start, to: start + durationMs });
    return i < MOST;
  });
  return windows.sort((a, b) => a.from - b.from);
};

/** The next `count` windows that end after `at`; fewer when the rule ends before. */
export const nextWindows = (recurrence: Recurrence, at: EpochMs, count: number): Span[] => {
  for (const days of LOOKAHEAD_DAYS) {
    const windows = windowsBetween(recurrence, { from: at, to: at + days * DAY });
    if (windows.length >= count || days === LOOKAHEAD_DAYS.at(-1)) return windows.slice(0, count);
  }
  return [];
};

const DAY = 86_400_000;
const LOOKAHEAD_DAYS = [14, 120, 3700] as const;

/** What the clocks of the zone show, as if it were UTC. */
const asClock = (at: EpochMs, zone: string): Date =>
  new Date(DateTime.fromMillis(at, { zone }).setZone('utc', { keepLocalTime: true }).toMillis());
/** Of an hour that comes twice the first (RFC 5545). */
const fromClock = (clock: Date, zone: string): EpochMs => {
  const moment = DateTime.fromJSDate(clock, { zone: 'utc' }).setZone(zone, { keepLocalTime: true });
  return Math.min(...moment.getPossibleOffsets().map((each) => each.toMillis()));
};
