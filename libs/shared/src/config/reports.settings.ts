import type { Contract } from '@app/domain';
import { readReportSchedules, type ReportSchedule } from './report-schedules.settings.js';
import { mapOf, optional, section, withDefault, type Fields } from './yaml-reader.js';
import { decimal, integer } from './yaml-values.js';

export interface ReportsSettings {
  /** What carriers promised, by the name of the provider. */
  readonly contracts: Readonly<Record<string, Contract>>;
  /** Reports that are made by themselves. */
  readonly schedules: readonly ReportSchedule[];
  /** Days that their files are kept as they were made. */
  readonly keepDays: number;
  /** Whole calendar months before the running one that they are kept packed. */
  readonly archiveMonths: number;
  /** Files of a mail together, as they travel; what does not fit is linked. */
  readonly mailMaxMb: number;
}

const contract = section<Contract>({
  availabilityPct: optional(decimal({ min: 0, max: 100 })),
  latencyMs: optional(decimal({ min: 0, max: 60_000 })),
  jitterMs: optional(decimal({ min: 0, max: 60_000 })),
  lossPct: optional(decimal({ min: 0, max: 100 })),
});

/** The section `reports`. */
export const reportsFields: Fields<ReportsSettings> = {
  contracts: withDefault(mapOf(contract), {}),
  schedules: withDefault(readReportSchedules, []),
  keepDays: withDefault(integer({ min: 1, max: 365 }), 7),
  archiveMonths: withDefault(integer({ min: 1, max: 120 }), 13),
  mailMaxMb: withDefault(integer({ min: 1, max: 50 }), 10),
};
