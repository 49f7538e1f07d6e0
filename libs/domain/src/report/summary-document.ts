import { HEALTH_STATUSES, severityRank } from '../severity.js';
import type { Block, Figure, ReportDocument, TableBlock } from './document/document.js';
import { countBySeverity, findingsOf, PRIORITIES, type Finding } from './findings.js';
import { ageText, counted, timeText } from './layout.js';
import type { ReportModel } from './model.js';
import { numberColumn, textColumn, timeColumn, toneColumn, trendTable } from './period/parts.js';
import { remediesFor } from './recommendations.js';
import { countByStatus, sitesWorstFirst, statusText } from './summary-report.js';

const MAX_FINDINGS = 500;
const TOP_CLASSIFIERS = 3;
const SITES_NAMED = 5;

function figuresOf(model: ReportModel): Figure[] {
  const { total, up, down, unknown } = model.circuits;
  return [
    { label: 'Overall health', value: model.org.status, tone: model.org.status },
    { label: 'Sites', value: String(model.sites.length) },
    { label: 'Circuits up, down, unknown', value: `${String(up)}, ${String(down)}, ${String(unknown)} of ${String(total)}` },
    { label: 'Open alerts', value: String(model.alerts.length) },
  ];
}

const statusTable = ({ sites }: ReportModel): TableBlock => {
  const counts = countByStatus(sites);
  return {
    kind: 'table',
    key: 'statuses',
    title: 'Sites by status',
    columns: [toneColumn('status', 'Status'), numberColumn('sites', 'Sites', undefined, 0)],
    rows: [...HEALTH_STATUSES].reverse().map((status) => [status, counts[status]]),
    empty: '',
  };
};

const failureTable = ({ failures }: ReportModel): Block[] =>
  failures.length === 0
    ? []
    : [
        {
          kind: 'table',
          key: 'failures',
          title: 'Polls that fail',
          columns: [
            textColumn('kind', 'Data'),
            textColumn('reason', 'Why'),
            numberColumn('failures', 'Failed', undefined, 0),
            timeColumn('failed_at', 'Last'),
            textColumn('detail', 'Detail'),
          ],
          rows: failures.map(({ kind, reason, failures: count, failedAt, detail }) => [kind, reason, count, failedAt, detail]),
          empty: '',
        },
      ];

function priorityTable(findings: readonly Finding[]): TableBlock {
  const counts = countBySeverity(findings);
  return {
    kind: 'table',
    key: 'priorities',
    title: 'Findings by priority',
    columns: [
      textColumn('action', 'Priority'),
      toneColumn('severity', 'Severity'),
      numberColumn('findings', 'Findings', undefined, 0),
    ],
    rows: [
      ...PRIORITIES.map(({ action, severity }) => [action, severity, counts[severity]]),
      ...(counts.unknown === 0 ? [] : [['UNKNOWN - No data to judge by', 'unknown', counts.unknown]]),
    ],
    empty: '',
  };
}

function remedies(findings: readonly Finding[]): Block[] {
  const blocks = PRIORITIES.filter(({ severity }) => severity !== 'info').flatMap(({ severity, level }) =>
    remediesFor(findings, severity).map(([{ title, steps }, group]): Block => {
      const names = [...new Map(group.map(({ site }) => [site.id, site.name])).values()];
      const rest = names.length - SITES_NAMED;
      const named = `${names.slice(0, SITES_NAMED).join(', ')}${rest > 0 ? ` and ${String(rest)} more` : ''}`;
      const said = `${level}: ${title}, ${counted(group.length, 'finding')} at ${counted(names.length, 'site')} (${named})`;
      return { kind: 'steps', title: said, steps };
    }),
  );
  return blocks.length > 0 ? blocks : [{ kind: 'text', text: 'Nothing to do.' }];
}

const siteTable = ({ sites }: ReportModel): TableBlock => ({
  kind: 'table',
  key: 'sites',
  title: 'Sites, worst first',
  columns: [
    textColumn('site', 'Site'),
    textColumn('site_id', 'Id'),
    textColumn('region', 'Region'),
    toneColumn('status', 'Status'),
    toneColumn('wifi', 'Wi-Fi'),
    toneColumn('wan_sle', 'WAN SLE'),
    toneColumn('wan', 'WAN'),
    textColumn('data_age', 'Data age'),
    textColumn('stale_reason', 'Why old'),
  ],
  rows: sitesWorstFirst(sites).map(({ name, id, region, status, parts, dataAgeMs, staleReason }) => [
    name,
    id,
    region,
    status,
    parts.wifi,
    parts.wanSle,
    parts.wan,
    dataAgeMs === null ? 'never' : ageText(dataAgeMs),
    staleReason,
  ]),
  empty: 'No sites.',
});

function causesOf({ about }: Finding): string | null {
  if (!('insight' in about)) return null;
  const shares = about.insight.classifiers.filter(({ degradedPct }) => degradedPct > 0);
  const top = [...shares].sort((a, b) => b.degradedPct - a.degradedPct).slice(0, TOP_CLASSIFIERS);
  return top.length === 0 ? null : top.map(({ name, degradedPct }) => `${name} ${degradedPct.toFixed(1)}%`).join(', ');
}

function findingTable(findings: readonly Finding[]): TableBlock {
  const degraded = findings.filter(({ severity }) => severityRank(severity) > severityRank('info'));
  const rest = degraded.length - MAX_FINDINGS;
  return {
    kind: 'table',
    key: 'findings',
    title: 'Findings, worst first',
    columns: [
      toneColumn('severity', 'Severity'),
      textColumn('site', 'Site'),
      textColumn('what', 'What'),
      textColumn('finding', 'Finding'),
      timeColumn('since', 'Since'),
      textColumn('causes', 'Causes'),
    ],
    rows: degraded
      .slice(0, MAX_FINDINGS)
      .map((finding) => [
        finding.severity,
        finding.site.name,
        finding.title,
        finding.text,
        'circuit' in finding.about ? finding.about.circuit.since : null,
        causesOf(finding),
      ]),
    empty: 'Nothing is degraded.',
    ...(rest > 0 ? { note: `and ${String(rest)} more` } : {}),
  };
}

/** The summary report for every format but plain text, which has its own of 70 columns. */
export function summaryDocument(model: ReportModel): ReportDocument {
  const findings = findingsOf(model);
  const { trends } = model;
  return {
    kind: 'summary',
    title: 'Summary report',
    facts: [
      ['Organization', `${model.org.name} (${model.org.id})`],
      ['Generated', timeText(model.generatedAt)],
      ['Health', statusText(model.org)],
    ],
    at: model.generatedAt,
    blocks: [
      { kind: 'figures', figures: figuresOf(model) },
      statusTable(model),
      ...failureTable(model),
      priorityTable(findings),
      ...(trends === undefined ? [] : [{ ...trendTable(trends.org), title: 'Last 24 hours against the 24 hours before' }]),
      { kind: 'heading', text: 'Recommended actions' },
      ...remedies(findings),
      { kind: 'heading', text: 'Sites' },
      siteTable(model),
      { kind: 'heading', text: 'Details' },
      findingTable(findings),
    ],
  };
}
