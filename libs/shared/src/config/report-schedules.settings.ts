import {
  checkRecurrence,
  EVERYBODY,
  RecurrenceFault,
  REPORT_PERIODS,
  reportRecurrence,
  usualReportDays,
  WEEKDAYS,
  type ReportDays,
  type ReportPeriodName,
  type ReportTimes,
  type Weekday,
} from '@app/domain';
import { isScalar } from 'yaml';
import { REPORT_FORMATS, REPORT_KINDS, type ReportFormat, type ReportKind } from '../reports/kinds.js';
import { id, nonEmpty, timeOfDay, timezone, unique } from './policies.settings.js';
import { addressee } from './routing-names.js';
import { listOf, optional, required, section, withDefault, type Place, type Reader } from './yaml-reader.js';
import { oneOf, text } from './yaml-values.js';

/** A report that is made and mailed by itself. */
export interface ReportSchedule {
  readonly id: string;
  /** External ids; absent: every organization. */
  readonly orgs?: readonly string[];
  readonly kind: ReportKind;
  readonly formats: readonly ReportFormat[];
  readonly region?: string;
  /** External id. */
  readonly site?: string;
  /** Absent for the summary, which tells of now. */
  readonly period?: ReportPeriodName;
  readonly times: ReportTimes;
  /** Mail destinations and names that stand for some; empty = it is only kept. */
  readonly to: readonly string[];
}

interface ScheduleEntry extends Omit<ReportSchedule, 'times'> {
  readonly at: number;
  readonly on?: ReportDays;
  readonly timezone: string;
}

const FORMATS = Object.keys(REPORT_FORMATS) as [ReportFormat, ...ReportFormat[]];
const ONLY_MAIL = 'reports go by mail: should be name@example.com, email, person:<name>, rota:<id> or everybody';

/** An address as it is, or whom a policy could name; of several ways to reach somebody it is the mail. */
const reader: Reader<string> = (place) => {
  const given = place.scalar()?.value;
  const isBare = typeof given === 'string' && given.includes('@') && !given.includes(':');
  if (isBare) {
    if (!place.source.document.has('email')) place.fault('needs the section email, which says how mail is sent');
    else if (!/^[^\s<>@,;"]+@[^\s<>@,;"]+$/.test(given)) place.fault('should be one address like name@example.com');
    return `email:${given}`;
  }
  const before = place.source.faults.length;
  const value = addressee(place);
  const isMail = value === EVERYBODY || /^(email|person|rota)(:|$)/.test(value);
  if (!isMail && place.source.faults.length === before) place.fault(ONLY_MAIL);
  return value;
};

const LAST = 31;
const dayOfMonth = (value: unknown): number | null => {
  if (value === 'last') return LAST;
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= LAST ? value : null;
};
const isWeekday = (value: unknown): value is Weekday => WEEKDAYS.some((weekday) => weekday === value);

const day: Reader<Weekday | number> = (place) => {
  const value = place.scalar()?.value;
  const found = isWeekday(value) ? value : dayOfMonth(value);
  if (found === null) place.fault(`should be ${WEEKDAYS.join(', ')}, a day of the month from 1 to 31, or last`);
  return found ?? 1;
};

/** A list of days, or a rule; the time of day is told apart. */
const readDays: Reader<ReportDays> = (place) => {
  if (isScalar(place.node) && typeof place.node.value === 'string') return rule(place);
  const days = nonEmpty(day)(place);
  const weekdays = days.filter((each) => typeof each === 'string');
  const monthDays = days.filter((each) => typeof each === 'number');
  if (weekdays.length > 0 && monthDays.length > 0) place.fault('should name days of the week or days of the month, not both');
  return Object.freeze(weekdays.length > 0 ? { weekdays } : { monthDays });
};

function rule(place: Place): ReportDays {
  const rrule = text(place);
  try {
    checkRecurrence(reportRecurrence({ minute: 0, timezone: 'UTC', on: { rrule } }, rrule));
  } catch (error) {
    if (!(error instanceof RecurrenceFault)) throw error;
    place.fault(error.message);
  }
  return Object.freeze({ rrule });
}

const scheduleEntry = section<ScheduleEntry>({
  id: required(id),
  orgs: optional(nonEmpty(text)),
  kind: required(oneOf(REPORT_KINDS)),
  formats: withDefault(nonEmpty(oneOf(FORMATS)), ['pdf']),
  region: optional(text),
  site: optional(text),
  period: optional(oneOf(REPORT_PERIODS)),
  at: required(timeOfDay),
  on: optional(readDays),
  timezone: required(timezone),
  to: withDefault(listOf(reader), []),
});

const readSchedule: Reader<ReportSchedule> = (place) => {
  const { at: minute, on, timezone: zone, formats, ...entry } = scheduleEntry(place);
  const { kind, period } = entry;
  if (kind === 'summary' && period !== undefined)
    place.fault('should be left out: the summary tells of now', `${place.path}.period`);
  if (kind !== 'summary' && period === undefined && kind !== undefined)
    place.fault(`is missing: the last ${REPORT_PERIODS.join(', ')} that is over`, `${place.path}.period`);
  return Object.freeze({
    ...entry,
    formats: [...new Set(formats)],
    times: Object.freeze({ minute, timezone: zone, on: on ?? usualReportDays(period) }),
  });
};

export const readReportSchedules: Reader<readonly ReportSchedule[]> = unique(readSchedule);

/** Whether a schedule is one of an organization. */
export const isScheduledFor = ({ orgs }: ReportSchedule, orgId: string): boolean => orgs?.includes(orgId) ?? true;
