import { trendsOf } from '../../trend/assemble.js';
import { WAN_TREND_METRICS } from '../../trend/metrics.js';
import type { Block, ReportDocument, TableBlock } from '../document/document.js';
import { byText } from '../findings.js';
import { topTable, totalOf, type Top } from './executive.js';
import type { WanPeriodModel } from './model.js';
import { dailyChart, hours, numberColumn, periodFacts, textColumn, trendTable } from './parts.js';
import { meanQuality, meanUtilizationPct, QUALITY_KINDS, wanFiguresOf, type QualityKind } from './sums.js';

const COUNT = 25;
const TITLES: Readonly<Record<QualityKind, { title: string; unit: string; decimals: number }>> = {
  latency: { title: 'Latency', unit: 'ms', decimals: 1 },
  jitter: { title: 'Jitter', unit: 'ms', decimals: 1 },
  loss: { title: 'Loss', unit: '%', decimals: 2 },
};

const failoverTable = ({ failovers }: WanPeriodModel): TableBlock => ({
  kind: 'table',
  key: 'failovers',
  title: 'Sites on their backups',
  columns: [
    textColumn('site', 'Site'),
    textColumn('site_id', 'Id'),
    numberColumn('failovers', 'Failovers', undefined, 0),
    numberColumn('duration_h', 'Together', 'h', 2),
  ],
  rows: [...failovers]
    .sort((a, b) => b.count - a.count || b.durationMs - a.durationMs || byText(a.siteId, b.siteId))
    .slice(0, COUNT)
    .map(({ siteName, siteId, count, durationMs }) => [siteName, siteId, count, hours(durationMs)]),
  empty: 'None.',
});

const charts = (model: WanPeriodModel): Block[] => [
  dailyChart(model, {
    key: 'utilization',
    title: 'Mean utilization by day',
    unit: '%',
    series: [{ name: 'Utilization', values: model.daySums.map(meanUtilizationPct) }],
  }),
  ...QUALITY_KINDS.map((kind) =>
    dailyChart(model, {
      key: kind,
      title: `${TITLES[kind].title} by day`,
      unit: TITLES[kind].unit,
      includes: [0],
      series: [{ name: TITLES[kind].title, values: model.daySums.map((sums) => meanQuality(sums, kind)) }],
    }),
  ),
];

const TOPS: readonly Top[] = [
  { key: 'busiest', title: 'Busiest hour', of: ({ utilMax }) => utilMax, unit: '%', decimals: 1 },
  { key: 'most_used', title: 'Highest mean utilization', of: meanUtilizationPct, unit: '%', decimals: 1 },
  ...QUALITY_KINDS.map((kind): Top => ({
    key: kind,
    title: `${TITLES[kind].title}: highest 95th percentile of a day`,
    of: ({ quality }) => quality[kind].worstDayP95,
    unit: TITLES[kind].unit,
    decimals: TITLES[kind].decimals,
  })),
  { key: 'flaps', title: 'Most flaps', of: ({ flaps }) => flaps, unit: 'flaps', decimals: 0 },
  { key: 'down', title: 'Longest down', of: ({ downMs }) => hours(downMs), unit: 'h', decimals: 2 },
];

/** Which circuits are congested, lossy, slow or unsteady, and how often they fail over. */
export function engineeringDocument(model: WanPeriodModel): ReportDocument {
  const metrics = WAN_TREND_METRICS.map(({ id }) => id);
  return {
    kind: 'engineering',
    title: 'Engineering report',
    facts: periodFacts(model),
    at: model.period.to,
    blocks: [
      { kind: 'heading', text: 'Trends' },
      trendTable(trendsOf(metrics, wanFiguresOf(model.beforeSums), wanFiguresOf(totalOf(model)))),
      ...charts(model),
      { kind: 'heading', text: 'Worst circuits' },
      ...TOPS.map((top) => topTable(model.circuits, { ...top, count: COUNT })),
      { kind: 'heading', text: 'Failovers' },
      failoverTable(model),
    ],
  };
}
