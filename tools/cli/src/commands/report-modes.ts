import type { ReportFormat, ReportKind } from '@app/shared';

export const REPORT_MODES = ['monitor', 'insights', 'report', 'all'] as const;
export type ReportMode = (typeof REPORT_MODES)[number];

export interface ReportOptions {
  readonly org: string;
  readonly mode: ReportMode;
  /** A report in `format`; without it `mode` says what is printed. */
  readonly kind?: ReportKind;
  readonly format: ReportFormat;
  readonly from?: string;
  readonly to?: string;
  readonly region?: string;
  readonly site?: string;
  /** Folder for the files; without it the report is printed. */
  readonly out?: string;
  readonly json: boolean;
}
