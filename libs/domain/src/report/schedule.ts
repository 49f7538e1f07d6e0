import { DateTime } from 'luxon';
import { nextWindows, windowsBetween, type Recurrence } from '../alerting/recurrence.js';
import { WEEKDAYS, type Weekday } from '../alerting/working-hours.js';
import type { EpochMs, Span } from '../sample.js';
import { DAY_MS } from '../time/bucket.js';

export const REPORT_PERIODS = ['day', 'week', 'month', 'quarter', 'year'] as const;
/** A calendar period whose last one that is over a scheduled report tells of. */
export type ReportPeriodName = (typeof REPORT_PERIODS)[number];

/** Days on which a report is sent. A day of the month that a month lacks is its last one. */
export type ReportDays =
  | { readonly weekdays: readonly Weekday[] }
  | { readonly monthDays: readonly number[]; readonly months?: readonly number[] }
  | { readonly rrule: string };

/** When a report is sent, on the clocks of its reader. */
export interface ReportTimes {
  /** Minutes after midnight. */
  readonly minute: number;
  readonly timezone: string;
  readonly on: ReportDays;
}

/** The days that go without saying: the first one after a period. */
export function usualReportDays(period: ReportPeriodName | undefined): ReportDays {
  if (period === 'week') return { weekdays: ['mo'] };
  if (period === 'month') return { monthDays: [1] };
  if (period === 'quarter') return { monthDays: [1], months: [1, 4, 7, 10] };
  return period === 'year' ? { monthDays: [1], months: [1] } : { weekdays: WEEKDAYS };
}

/** A Monday, from which rules count that leave days out: `INTERVAL=2` is every other week from then. */
const RULES_BEGIN = { year: 2024, month: 1, day: 1 } as const;

/** Of a time that comes twice the first; one that a change of the clocks leaves out comes as much later. */
function instantOf(
  { year, month, day }: { year: number; month: number; day: number },
  { minute, timezone }: ReportTimes,
): EpochMs {
  const clock = { year, month, day, hour: Math.floor(minute / 60), minute: minute % 60 };
  const moment = DateTime.fromObject(clock, { zone: timezone });
  return Math.min(...moment.getPossibleOffsets().map((each) => each.toMillis()));
}

/** The rule of some times as windows of no length worth mentioning; it is checked like those of maintenance. */
export const reportRecurrence = (times: ReportTimes, rrule: string): Recurrence => ({
  rrule,
  timezone: times.timezone,
  from: instantOf(RULES_BEGIN, times),
  durationMs: 1,
});

function isOn(on: Exclude<ReportDays, { readonly rrule: string }>, day: DateTime): boolean {
  if ('weekdays' in on) return on.weekdays.some((weekday) => WEEKDAYS.indexOf(weekday) + 1 === day.weekday);
  if (on.months?.includes(day.month) === false) return false;
  return on.monthDays.some((wanted) => Math.min(wanted, day.daysInMonth ?? wanted) === day.day);
}

/** The local day of an instant, on a calendar without clocks: adding days never skips or repeats one. */
const dayOf = (at: EpochMs, timezone: string): DateTime =>
  DateTime.fromMillis(at, { zone: timezone }).setZone('utc', { keepLocalTime: true }).startOf('day');

/** The times in `(after, until]`, ascending; never two for one day. */
export function reportTimesBetween(times: ReportTimes, { after, until }: { after: EpochMs; until: EpochMs }): EpochMs[] {
  const { on, timezone } = times;
  if (until <= after) return [];
  if ('rrule' in on)
    return windowsBetween(reportRecurrence(times, on.rrule), { from: after + 1, to: until + 1 }).map(({ from }) => from);
  const found = new Set<EpochMs>();
  const last = dayOf(until, timezone).plus({ days: 1 });
  for (let day = dayOf(after, timezone).minus({ days: 1 }); day <= last; day = day.plus({ days: 1 })) {
    if (!isOn(on, day)) continue;
    const at = instantOf(day, times);
    if (at > after && at <= until) found.add(at);
  }
  return [...found].sort((a, b) => a - b);
}

/** Days looked ahead; the longest wait is that for a day of one month of the year. */
const LOOKAHEAD_DAYS = [2, 8, 32, 370] as const;

/** The first time after an instant; `null` = the rule has come to its end. */
export function nextReportTime(times: ReportTimes, after: EpochMs): EpochMs | null {
  const { on } = times;
  if ('rrule' in on) return nextWindows(reportRecurrence(times, on.rrule), after + 1, 1)[0]?.from ?? null;
  for (const days of LOOKAHEAD_DAYS) {
    const [next] = reportTimesBetween(times, { after, until: after + days * DAY_MS });
    if (next !== undefined) return next;
  }
  return null;
}

const KEY_FORMATS: Record<ReportPeriodName, string> = {
  day: 'yyyy-MM-dd',
  week: "kkkk-'W'WW",
  month: 'yyyy-MM',
  quarter: "yyyy-'Q'q",
  year: 'yyyy',
};

/** A period of whole days; `key` is what a reader calls it: `2026-03-01`, `2026-W09`, `2026-Q1`. */
export interface NamedPeriod extends Span {
  readonly key: string;
}

/**
 * The last period that is over at an instant, both on the reader's calendar and in the zone whose days an organization counts: a reader further
 * east is in the new week already while its days still go on.
 */
export function lastPeriod(period: ReportPeriodName, at: EpochMs, zones: { reader: string; reporting: string }): NamedPeriod {
  const one = { [`${period}s`]: 1 };
  let date = dayOf(at, zones.reader).startOf(period).minus(one);
  const begin = (day: DateTime): EpochMs =>
    DateTime.fromObject({ year: day.year, month: day.month, day: day.day }, { zone: zones.reporting }).startOf('day').toMillis();
  while (begin(date.plus(one)) > at) date = date.minus(one);
  return { from: begin(date), to: begin(date.plus(one)), key: date.toFormat(KEY_FORMATS[period]) };
}

/** An instant as the reader's clocks show it: `2026-03-02 07:00`. */
export const readersTime = (at: EpochMs, timezone: string): string =>
  DateTime.fromMillis(at, { zone: timezone }).toFormat('yyyy-MM-dd HH:mm');
