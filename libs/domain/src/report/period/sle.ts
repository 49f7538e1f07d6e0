import { scoreOfSlePeriod } from '../../sle/history.js';
import { SLE_METRICS, type SleMetric } from '../../sle/metrics.js';
import { severityRank, worst, type Severity } from '../../severity.js';
import { severityOf } from '../../thresholds/threshold.js';
import { trendsOf } from '../../trend/assemble.js';
import type { Block, CellValue, ReportDocument, TableBlock } from '../document/document.js';
import { byText } from '../findings.js';
import { pooledScores } from './executive.js';
import type { SitePeriodScores, SlePeriodModel } from './model.js';
import { dailyChart, numberColumn, periodFacts, textColumn, toneColumn, trendTable } from './parts.js';

const MAX_SITES = 100;
const SLE_IDS: readonly SleMetric[] = SLE_METRICS.map(({ id }) => id);
const COUNTED = ['critical', 'major', 'warning', 'info'] as const satisfies readonly Severity[];

interface Judged {
  readonly site: SitePeriodScores;
  readonly scores: Readonly<Partial<Record<SleMetric, number>>>;
  readonly severities: readonly Severity[];
  readonly severity: Severity;
}

function judged(site: SitePeriodScores, { limits }: SlePeriodModel): Judged {
  const scores: Partial<Record<SleMetric, number>> = {};
  const severities = SLE_IDS.map((metric): Severity => {
    const sums = site.now[metric];
    const score = sums === undefined ? null : scoreOfSlePeriod(sums);
    const thresholds = limits[metric];
    if (score === null || thresholds === undefined) return 'unknown';
    scores[metric] = score;
    return severityOf(score, thresholds, 'lower');
  });
  return { site, scores, severities, severity: worst(severities) };
}

const lowest = ({ scores }: Judged): number => Math.min(1, ...Object.values(scores));
const worstFirst = (a: Judged, b: Judged): number =>
  severityRank(b.severity) - severityRank(a.severity) || lowest(a) - lowest(b) || byText(a.site.id, b.site.id);

function metricTable(sites: readonly Judged[], model: SlePeriodModel): TableBlock {
  const pooled = pooledScores(model.sites, 'now');
  return {
    kind: 'table',
    key: 'metrics',
    title: 'Sites by severity of their period',
    columns: [
      textColumn('metric', 'Service level'),
      numberColumn('score_pct', 'All sites', '%'),
      ...COUNTED.map((severity) => numberColumn(severity, severity, undefined, 0)),
      numberColumn('unknown', 'no data', undefined, 0),
    ],
    rows: SLE_METRICS.map(({ id, title }, i): CellValue[] => {
      const count = (severity: Severity): number => sites.filter(({ severities }) => severities[i] === severity).length;
      const score = pooled[id];
      return [title, score === undefined ? null : score * 100, ...COUNTED.map(count), count('unknown')];
    }),
    empty: 'None.',
  };
}

function siteTable(sites: readonly Judged[]): TableBlock {
  const shown = [...sites].sort(worstFirst).slice(0, MAX_SITES);
  const rest = sites.length - shown.length;
  return {
    kind: 'table',
    key: 'sites',
    title: 'Sites, worst first',
    columns: [
      textColumn('site', 'Site'),
      textColumn('site_id', 'Id'),
      textColumn('region', 'Region'),
      toneColumn('severity', 'Severity'),
      ...SLE_METRICS.map(({ id, title }) => numberColumn(`${id.replaceAll('-', '_')}_pct`, title, '%')),
    ],
    rows: shown.map(({ site, scores, severity }) => [
      site.name,
      site.id,
      site.region,
      severity,
      ...SLE_IDS.map((id): CellValue => (scores[id] === undefined ? null : scores[id] * 100)),
    ]),
    empty: 'No site has a service level in this period.',
    ...(rest === 0 ? {} : { note: `and ${String(rest)} more; all are in the export site-sle-days` }),
  };
}

const charts = (model: SlePeriodModel): Block[] =>
  (['wifi', 'wan'] as const).map((family) =>
    dailyChart(model, {
      key: family,
      title: family === 'wifi' ? 'Wi-Fi service levels by day' : 'WAN service levels by day',
      unit: '%',
      most: 100,
      series: SLE_METRICS.filter((metric) => metric.family === family).map(({ id, title }) => ({
        name: title,
        values: model.days.map((_, i) => {
          const score = model.daily[id]?.[i] ?? null;
          return score === null ? null : score * 100;
        }),
      })),
    }),
  );

/** How good the service levels of the sites were, and where not. */
export function sleDocument(model: SlePeriodModel): ReportDocument {
  const sites = model.sites.map((site) => judged(site, model));
  return {
    kind: 'sle',
    title: 'Service level report',
    facts: periodFacts(model),
    at: model.period.to,
    blocks: [
      { kind: 'heading', text: 'All sites' },
      trendTable(trendsOf(SLE_IDS, pooledScores(model.sites, 'before'), pooledScores(model.sites, 'now'))),
      ...charts(model),
      metricTable(sites, model),
      { kind: 'heading', text: 'Sites' },
      siteTable(sites),
    ],
  };
}
