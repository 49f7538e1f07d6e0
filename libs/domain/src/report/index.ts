export * from './model.js';
export * from './file-name.js';
export type { ReportTrendRow, ReportTrends, ReportTrendTable } from './trends.js';
export { renderSummaryReport, type SummaryLimits } from './summary-report.js';
export { renderHealthDashboard, type HealthDashboard, type HealthDashboardSite } from './health-dashboard.js';
export { PRIORITIES, type Priority } from './findings.js';
