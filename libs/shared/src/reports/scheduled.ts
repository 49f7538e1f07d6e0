import { lastPeriod, type EpochMs, type NamedPeriod } from '@app/domain';
import type { ReportSchedule } from '../config/report-schedules.settings.js';
import type { ReportFormat, ReportKind } from './kinds.js';

/** Everything it takes to make a scheduled report and to tell of it, as of the time it is due: a second try makes the same. */
export interface AskedRun {
  readonly kind: ReportKind;
  readonly formats: readonly ReportFormat[];
  readonly region: string | null;
  /** External id. */
  readonly site: string | null;
  /** `null` = the report tells of now. */
  readonly period: NamedPeriod | null;
  /** The reader's. */
  readonly timezone: string;
  /** Names that stand for mail destinations. */
  readonly to: readonly string[];
}

/** What a schedule asks for at a time; `reportingZone` is the one whose days the organization counts. */
export function askedAt(schedule: ReportSchedule, at: EpochMs, reportingZone: string): AskedRun {
  const { kind, formats, region = null, site = null, period, times, to } = schedule;
  const zones = { reader: times.timezone, reporting: reportingZone };
  return {
    kind,
    formats,
    region,
    site,
    period: period === undefined ? null : lastPeriod(period, at, zones),
    timezone: times.timezone,
    to,
  };
}
