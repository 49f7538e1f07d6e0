import { nextReportTime, WEEKDAYS, type EpochMs, type ReportDays } from '@app/domain';
import type { ReportRunRow, ReportSchedule } from '@app/shared';
import { nullOr, orNull, timeOf } from '../http/answers.js';

export const RUN_EXAMPLE = {
  id: 12,
  schedule: 'weekly',
  status: 'made',
  due_at: '2026-03-02T06:00:00Z',
  asked_by: nullOr('key:5f3a9c'),
  attempts: 1,
  period_from: orNull('2026-02-23T00:00:00Z'),
  period_to: orNull('2026-03-02T00:00:00Z'),
  made_at: orNull('2026-03-02T06:00:04Z'),
  revision: orNull('0b6c5b7f2a1d'),
  failure: nullOr('site: there is no such site'),
  files: [31],
  mails: { sent: 2, due: 0, dead: 0, withdrawn: 0 },
};

/** A run as the API tells it. */
export const runJson = (run: ReportRunRow) => ({
  id: run.id,
  schedule: run.schedule,
  status: run.status,
  due_at: timeOf(run.dueAt),
  asked_by: run.askedBy,
  attempts: run.attempts,
  period_from: timeOf(run.periodFrom),
  period_to: timeOf(run.periodTo),
  made_at: timeOf(run.madeAt),
  revision: run.revision,
  failure: run.failure,
  files: [...run.files],
  mails: run.mails,
});

export const SCHEDULE_EXAMPLE = {
  id: 'weekly',
  kind: 'executive',
  formats: ['pdf'],
  region: nullOr('North'),
  site: nullOr('site-1'),
  period: orNull('week'),
  at: '07:00',
  on: ['mo'],
  timezone: 'Europe/Berlin',
  to: ['email:boss@example.com'],
  next_at: orNull('2026-03-09T06:00:00Z'),
  last: orNull(RUN_EXAMPLE),
};

function daysJson(on: ReportDays): string[] {
  if ('rrule' in on) return [on.rrule];
  if ('weekdays' in on) return WEEKDAYS.filter((weekday) => on.weekdays.includes(weekday));
  if (on.months === undefined) return on.monthDays.map(String);
  return on.months.flatMap((month) => on.monthDays.map((day) => `${month}-${day}`));
}

const two = (number: number): string => String(number).padStart(2, '0');

/** A schedule as the API tells it, with what came of it last. */
export const scheduleJson = ({ times, ...schedule }: ReportSchedule, last: ReportRunRow | undefined, now: EpochMs) => ({
  id: schedule.id,
  kind: schedule.kind,
  formats: [...schedule.formats],
  region: schedule.region ?? null,
  site: schedule.site ?? null,
  period: schedule.period ?? null,
  at: `${two(Math.floor(times.minute / 60))}:${two(times.minute % 60)}`,
  on: daysJson(times.on),
  timezone: times.timezone,
  to: [...schedule.to],
  next_at: timeOf(nextReportTime(times, now)),
  last: last === undefined ? null : runJson(last),
});
