import { severityRank, HEALTH_STATUSES, type HealthStatus } from '../severity.js';
import { byText, countBySeverity, findingsOf, PRIORITIES, type Finding, type Priority } from './findings.js';
import { ageText, cell, counted, shorten, percentText, REPORT_COLUMNS, timeText, wrap } from './layout.js';
import type { ReportModel, ReportSite } from './model.js';
import { trendLines } from './trends.js';
import { remediesFor, type Recommendation } from './recommendations.js';

export interface SummaryLimits {
  /** Findings in the details, the worst first. */
  readonly details: number;
  readonly sites: number;
}

const NO_LIMITS: SummaryLimits = { details: Number.POSITIVE_INFINITY, sites: Number.POSITIVE_INFINITY };
const SITES_NAMED_PER_REMEDY = 5;
const TOP_CLASSIFIERS = 3;

interface Sheet {
  readonly model: ReportModel;
  readonly findings: readonly Finding[];
  readonly limits: SummaryLimits;
}
type Section = (sheet: Sheet) => string[];

const heading = (title: string): string[] => ['', title, '-'.repeat(REPORT_COLUMNS)];
const statusRank = (status: HealthStatus): number => HEALTH_STATUSES.indexOf(status);

/** Status with what a reader must know to believe it: how old the data is, and why. */
export function statusText(of: { status: HealthStatus; dataAgeMs: number | null; staleReason: string | null }): string {
  if (of.status !== 'UNKNOWN' && of.staleReason === null) return of.status;
  const age = of.dataAgeMs === null ? 'no data yet' : `data ${ageText(of.dataAgeMs)} old`;
  return `${of.status} (${age}${of.staleReason === null ? '' : `: ${of.staleReason}`})`;
}

/** Sites, worst first, then by name and id. */
export const sitesWorstFirst = (sites: readonly ReportSite[]): ReportSite[] =>
  [...sites].sort((a, b) => statusRank(b.status) - statusRank(a.status) || byText(a.name, b.name) || byText(a.id, b.id));

/** Number of sites in each status. */
export function countByStatus(sites: readonly ReportSite[]): Readonly<Record<HealthStatus, number>> {
  const counts: Record<HealthStatus, number> = { UNKNOWN: 0, HEALTHY: 0, DEGRADED: 0, UNHEALTHY: 0, CRITICAL: 0 };
  for (const { status } of sites) counts[status] += 1;
  return counts;
}

const title: Section = ({ model }) => [
  '='.repeat(REPORT_COLUMNS),
  'SUMMARY REPORT',
  ...wrap(`Organization: ${model.org.name} (${model.org.id})`, '  ', ''),
  `Generated:    ${timeText(model.generatedAt)}`,
  '='.repeat(REPORT_COLUMNS),
];

const overallHealth: Section = ({ model }) => {
  const counts = countByStatus(model.sites);
  const bySeverity = [...HEALTH_STATUSES].reverse().filter((status) => counts[status] > 0);
  const { total, up, down, unknown } = model.circuits;
  return [
    '',
    ...wrap(`OVERALL HEALTH: ${statusText(model.org)}`, '  ', ''),
    '-'.repeat(REPORT_COLUMNS),
    ...wrap(
      `Sites: ${String(model.sites.length)}${bySeverity.map((status) => `, ${String(counts[status])} ${status}`).join('')}`,
      '  ',
      '',
    ),
    ...wrap(`Circuits: ${String(total)}, ${String(up)} up, ${String(down)} down, ${String(unknown)} unknown`, '  ', ''),
    `Open alerts: ${String(model.alerts.length)}`,
    ...[...model.failures]
      .sort((a, b) => byText(a.kind, b.kind))
      .flatMap((failure) => {
        const since = failure.failedAt === null ? '' : `, last at ${timeText(failure.failedAt)}`;
        const polls = failure.failures === 0 ? 'left out' : counted(failure.failures, 'failed poll');
        const detail = failure.detail === null ? '' : ` - ${failure.detail}`;
        return wrap(`! ${failure.kind}: ${failure.reason} (${polls}${since})${detail}`, '    ', '');
      }),
  ];
};

const priorities: Section = ({ findings }) => {
  const counts = countBySeverity(findings);
  const lines = PRIORITIES.map(({ action, severity }) => `${cell(action, 42)}${String(counts[severity]).padStart(8)}`);
  const unknown =
    counts.unknown === 0 ? [] : [`${cell('UNKNOWN - No data to judge by', 42)}${String(counts.unknown).padStart(8)}`];
  return [...heading('FINDINGS BY PRIORITY'), ...lines, ...unknown];
};

function remedy(recommendation: Recommendation, findings: readonly Finding[]): string[] {
  const names = [...new Map(findings.map(({ site }) => [site.id, site.name])).values()];
  const rest = names.length - SITES_NAMED_PER_REMEDY;
  const named = names
    .slice(0, SITES_NAMED_PER_REMEDY)
    .map((name) => shorten(name, 30))
    .join(', ');
  return [
    ...wrap(
      `* ${recommendation.title}: ${counted(findings.length, 'finding')} at ${counted(names.length, 'site')}`,
      '    ',
      '  ',
    ),
    ...wrap(`Sites: ${named}${rest > 0 ? ` and ${String(rest)} more` : ''}`, '      ', '    '),
    ...recommendation.steps.flatMap((step, index) => wrap(`${String(index + 1)}. ${step}`, '       ', '    ')),
  ];
}

function remediesOf({ severity, action }: Priority, findings: readonly Finding[]): string[] {
  const groups = remediesFor(findings, severity);
  if (groups.length === 0) return [];
  return [action, ...groups.flatMap(([recommendation, group]) => remedy(recommendation, group))];
}

const recommendations: Section = ({ findings }) => {
  const lines = PRIORITIES.filter(({ severity }) => severity !== 'info').flatMap((priority) => remediesOf(priority, findings));
  return [...heading('ACTION RECOMMENDATIONS'), ...(lines.length > 0 ? lines : ['INFO - Normal operation', '  Nothing to do.'])];
};

const sites: Section = ({ model, limits }) => {
  const sorted = sitesWorstFirst(model.sites);
  const lines = sorted
    .slice(0, limits.sites)
    .flatMap((site) => [
      `${cell(site.name, 58)}  ${site.status}`,
      ...wrap(`${site.region}; Wi-Fi ${site.parts.wifi}, WAN SLE ${site.parts.wanSle}, WAN ${site.parts.wan}`, '    ', '    '),
      ...(site.status === 'UNKNOWN' || site.staleReason !== null ? wrap(statusText(site), '    ', '    ') : []),
    ]);
  return [...heading('SITES'), ...(lines.length > 0 ? lines : ['No sites.']), ...more(sorted.length, limits.sites, 'site')];
};

const more = (total: number, limit: number, noun: string): string[] =>
  total > limit ? [`... and ${counted(total - limit, `more ${noun}`)}`] : [];

function detailLines({ site, title: what, text, about }: Finding): string[] {
  const shares =
    'insight' in about
      ? [...about.insight.classifiers]
          .filter(({ degradedPct }) => degradedPct > 0)
          .sort((a, b) => b.degradedPct - a.degradedPct || byText(a.name, b.name))
          .slice(0, TOP_CLASSIFIERS)
          .map(({ name, degradedPct }) => `${name} ${percentText(degradedPct)}`)
      : [];
  const since = 'circuit' in about && about.circuit.since !== null ? ` since ${timeText(about.circuit.since)}` : '';
  return [
    ...wrap(`${shorten(site.name, 40)} - ${what}: ${text}${since}`, '    ', '  '),
    ...(shares.length > 0 ? wrap(`Causes: ${shares.join(', ')}`, '      ', '    ') : []),
  ];
}

const details: Section = ({ findings, limits }) => {
  const shown = findings.filter(({ severity }) => severityRank(severity) > severityRank('info'));
  const listed = shown.slice(0, limits.details);
  const lines = PRIORITIES.flatMap(({ severity, action }) => {
    const group = listed.filter((finding) => finding.severity === severity);
    return group.length === 0 ? [] : [action, ...group.flatMap(detailLines)];
  });
  return [
    ...heading('DETAILS BY PRIORITY'),
    ...(lines.length > 0 ? lines : ['Nothing is degraded.']),
    ...more(shown.length, limits.details, 'finding'),
  ];
};

const trends: Section = ({ model, limits }) =>
  model.trends === undefined ? [] : [...heading('TRENDS'), ...trendLines(model.trends, limits.sites)];

/** The order of the report. Forecasts have their place between the trends and the recommendations. */
const SECTIONS: readonly Section[] = [title, overallHealth, priorities, trends, recommendations, sites, details];

/** The summary report: plain text, at most 70 columns, the same bytes for the same model. */
export function renderSummaryReport(model: ReportModel, limits: SummaryLimits = NO_LIMITS): string {
  const sheet: Sheet = { model, findings: findingsOf(model), limits };
  return `${SECTIONS.flatMap((section) => section(sheet)).join('\n')}\n`;
}
