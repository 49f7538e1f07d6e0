import { DateTime } from 'luxon';
import type { EpochMs, Span } from '../sample.js';

export const WEEKDAYS = ['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** A time on the clocks of a zone; minutes after midnight. */
export interface TimeOfDay {
  readonly minute: number;
  readonly timezone: string;
}

/** The same hours on some days of the week. Where `toMinute` is not after `fromMinute` they end on the next day. */
export interface WeeklyHours {
  readonly timezone: string;
  readonly days: readonly Weekday[];
  readonly fromMinute: number;
  readonly toMinute: number;
}

export interface Opening {
  readonly isOpen: boolean;
  /** When that changes; never for hours that have no end or no beginning: then `Infinity`. */
  readonly until: EpochMs;
}

const DAY_MINUTES = 24 * 60;

/** `08:30` as minutes after midnight; `null` = no time of day. */
export function parseTimeOfDay(text: string): number | null {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  return hours === undefined || minutes === undefined ? null : Number(hours) * 60 + Number(minutes);
}

/** `2026-01-05T09:00` on the clocks of a zone; `null` = no such time. */
export function parseLocalTime(text: string, timezone: string): EpochMs | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(text)) return null;
  const moment = DateTime.fromISO(text, { zone: timezone });
  return moment.isValid ? moment.toMillis() : null;
}

/** An hour that a change of the clocks leaves out begins after it; one that comes twice is the first. */
const at = (day: DateTime, minute: number): EpochMs =>
  day
    .plus({ days: Math.floor(minute / DAY_MINUTES) })
    .set({ hour: Math.floor((minute % DAY_MINUTES) / 60), minute: minute % 60 })
    .toMillis();

/** Are they working now, and until when does that hold? */
export function openingAt(hours: WeeklyHours, now: EpochMs): Opening {
  let openUntil: EpochMs | null = null;
  for (const { from, to } of spansFrom(hours, now)) {
    if (openUntil === null && from > now) return { isOpen: false, until: from };
    // Hours that touch the next day's go on.
    if (openUntil !== null && from > openUntil) break;
    if (to > now) openUntil = Math.max(openUntil ?? to, to);
  }
  return openUntil === null ? { isOpen: false, until: Infinity } : { isOpen: true, until: openUntil };
}

/** The hours of the day before, of this one and of the next eight, ascending; made as they are asked for, for mostly two are enough. */
function* spansFrom({ timezone, days, fromMinute, toMinute }: WeeklyHours, now: EpochMs): Generator<Span> {
  const today = DateTime.fromMillis(now, { zone: timezone }).startOf('day');
  const end = toMinute > fromMinute ? toMinute : toMinute + DAY_MINUTES;
  for (let i = -1; i < 9; i += 1) {
    const day = today.plus({ days: i });
    const weekday = WEEKDAYS[day.weekday - 1];
    if (weekday !== undefined && days.includes(weekday)) yield { from: at(day, fromMinute), to: at(day, end) };
  }
}

/** The next time after `now` that the clocks show this. */
export function nextTimeOfDay({ minute, timezone }: TimeOfDay, now: EpochMs): EpochMs {
  const today = DateTime.fromMillis(now, { zone: timezone }).startOf('day');
  const first = at(today, minute);
  return first > now ? first : at(today.plus({ days: 1 }), minute);
}
