export const REPORT_KINDS = ['summary', 'executive', 'engineering', 'carrier', 'sle'] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];

/** Formats of every report, with their media type and the end of their file's name. */
export const REPORT_FORMATS = {
  text: { type: 'text/plain; charset=utf-8', extension: 'txt' },
  json: { type: 'application/json; charset=utf-8', extension: 'json' },
  html: { type: 'text/html; charset=utf-8', extension: 'html' },
  pdf: { type: 'application/pdf', extension: 'pdf' },
  csv: { type: 'text/csv; charset=utf-8', extension: 'csv' },
  xlsx: { type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', extension: 'xlsx' },
} as const;
export type ReportFormat = keyof typeof REPORT_FORMATS;
