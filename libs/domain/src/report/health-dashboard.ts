import type { HealthStatus } from '../severity.js';
import { HEALTH_STATUSES } from '../severity.js';
import { ageText, cell, REPORT_COLUMNS, timeText, wrap } from './layout.js';
import type { ReportModel, ReportSite } from './model.js';
import { countByStatus, sitesWorstFirst, statusText } from './summary-report.js';

/** Machine-readable health of an org; the same figures as the text. */
export interface HealthDashboard {
  readonly timestamp: string;
  readonly organization: { readonly id: string; readonly name: string };
  readonly overall_status: HealthStatus;
  readonly data_age_s: number | null;
  readonly stale_reason: string | null;
  readonly totals: {
    readonly sites: number;
    readonly circuits: number;
    readonly circuits_up: number;
    readonly circuits_down: number;
    readonly circuits_unknown: number;
    readonly open_alerts: number;
  };
  readonly health_summary: Readonly<Record<HealthStatus, number>>;
  readonly sites: Readonly<Record<string, HealthDashboardSite>>;
}

export interface HealthDashboardSite {
  readonly name: string;
  readonly region: string;
  readonly status: HealthStatus;
  readonly parts: { readonly wifi: HealthStatus; readonly wan_sle: HealthStatus; readonly wan: HealthStatus };
  readonly data_age_s: number | null;
  readonly stale_reason: string | null;
  readonly metrics: Readonly<Record<string, { readonly score: number | null; readonly severity: string; readonly text: string }>>;
}

const seconds = (ms: number | null): number | null => (ms === null ? null : Math.floor(ms / 1000));

const siteJson = (site: ReportSite): HealthDashboardSite => ({
  name: site.name,
  region: site.region,
  status: site.status,
  parts: { wifi: site.parts.wifi, wan_sle: site.parts.wanSle, wan: site.parts.wan },
  data_age_s: seconds(site.dataAgeMs),
  stale_reason: site.staleReason,
  metrics: Object.fromEntries(site.insights.map(({ metric, score, severity, text }) => [metric, { score, severity, text }])),
});

function dashboardJson(model: ReportModel): HealthDashboard {
  const { total, up, down, unknown } = model.circuits;
  return {
    timestamp: timeText(model.generatedAt),
    organization: { id: model.org.id, name: model.org.name },
    overall_status: model.org.status,
    data_age_s: seconds(model.org.dataAgeMs),
    stale_reason: model.org.staleReason,
    totals: {
      sites: model.sites.length,
      circuits: total,
      circuits_up: up,
      circuits_down: down,
      circuits_unknown: unknown,
      open_alerts: model.alerts.length,
    },
    health_summary: countByStatus(model.sites),
    sites: Object.fromEntries(sitesWorstFirst(model.sites).map((site) => [site.id, siteJson(site)])),
  };
}

const siteRow = (site: ReportSite): string => {
  const age = site.dataAgeMs === null ? 'never' : ageText(site.dataAgeMs);
  return `${cell(site.name, 21)} ${cell(site.status, 10)}${cell(site.parts.wifi, 9)} ${cell(site.parts.wanSle, 9)} ${cell(site.parts.wan, 9)}${age.padStart(9)}`;
};

function dashboardText(model: ReportModel): string {
  const counts = countByStatus(model.sites);
  const { total, up, down, unknown } = model.circuits;
  const lines = [
    '='.repeat(REPORT_COLUMNS),
    'HEALTH DASHBOARD',
    ...wrap(`Organization: ${model.org.name} (${model.org.id})`, '  ', ''),
    `Generated:    ${timeText(model.generatedAt)}`,
    ...wrap(`Overall:      ${statusText(model.org)}`, '  ', ''),
    '='.repeat(REPORT_COLUMNS),
    ...[...HEALTH_STATUSES]
      .reverse()
      .map((status) => `${cell(status, 12)}${String(counts[status]).padStart(6)} of ${String(model.sites.length)}`),
    ...wrap(
      `Circuits: ${String(total)}, ${String(up)} up, ${String(down)} down, ${String(unknown)} unknown; open alerts: ${String(model.alerts.length)}`,
      '  ',
      '',
    ),
    '-'.repeat(REPORT_COLUMNS),
    `${cell('Site', 21)} ${cell('Status', 10)}${cell('Wi-Fi', 9)} ${cell('WAN SLE', 9)} ${cell('WAN', 9)}${'Data age'.padStart(9)}`,
    ...sitesWorstFirst(model.sites).flatMap((site) => [
      siteRow(site),
      ...(site.staleReason === null ? [] : wrap(`data is old: ${site.staleReason}`, '    ', '    ')),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

/** The health dashboard for people and for machines. Sites are keyed by id, so two of one name stay two. */
export const renderHealthDashboard = (model: ReportModel): { text: string; json: HealthDashboard } => ({
  text: dashboardText(model),
  json: dashboardJson(model),
});
