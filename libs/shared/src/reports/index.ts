export { REPORT_FORMATS, REPORT_KINDS, type ReportFormat, type ReportKind } from './kinds.js';
export { loadReport, type LoadedReport } from './load-report.js';
export { renderReport, type RenderedReport } from './render-report.js';
export { ReportRefused, type AskedReport } from '../database/reports/period.js';
export { askedAt, type AskedRun } from './scheduled.js';
