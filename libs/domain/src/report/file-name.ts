import type { EpochMs } from '../sample.js';

export const REPORT_FILES = {
  summary: { prefix: 'SUMMARY_REPORT', extension: 'txt' },
  'dashboard-text': { prefix: 'HEALTH_DASHBOARD', extension: 'txt' },
  'dashboard-json': { prefix: 'HEALTH_DASHBOARD', extension: 'json' },
} as const;
export type ReportFile = keyof typeof REPORT_FILES;

/** Name of a report's file, e.g. `SUMMARY_REPORT_20260301T120000Z.txt`. */
export function reportFileName(file: ReportFile, at: EpochMs): string {
  const { prefix, extension } = REPORT_FILES[file];
  return `${prefix}_${new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z.${extension}`;
}
