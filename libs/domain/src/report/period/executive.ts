import { mergeSlePeriods, NO_SLE_PERIOD, scoreOfSlePeriod } from '../../sle/history.js';
import { SLE_METRICS, type SleMetric } from '../../sle/metrics.js';
import { trendsOf, type TrendFigures } from '../../trend/assemble.js';
import { WAN_TREND_METRICS } from '../../trend/metrics.js';
import type { Block, CellValue, Figure, ReportDocument, TableBlock } from '../document/document.js';
import { numberText } from '../document/values.js';
import { byText } from '../findings.js';
import type { CircuitPeriod, SitePeriodScores, SlePeriodModel, WanPeriodModel } from './model.js';
import {
  dailyChart,
  hours,
  numberColumn,
  periodFacts,
  SUMS_COLUMNS,
  sumsCells,
  textColumn,
  toneColumn,
  trendTable,
} from './parts.js';
import { addWanSums, grossPct, groupSums, meanUtilizationPct, netPct, NO_WAN_SUMS, wanFiguresOf, type WanSums } from './sums.js';

const TOP = 10;
const SLE_IDS: readonly SleMetric[] = SLE_METRICS.map(({ id }) => id);

export interface ExecutiveModel {
  readonly wan: WanPeriodModel;
  readonly sle: SlePeriodModel;
}

/** All circuits of a model together. */
export const totalOf = ({ circuits }: WanPeriodModel): WanSums =>
  circuits.reduce((sum, circuit) => addWanSums(sum, circuit.sums), NO_WAN_SUMS);

/** Scores of several sites together, weighted by their user-minutes. */
export function pooledScores(
  sites: readonly SitePeriodScores[],
  when: 'now' | 'before',
): Readonly<Partial<Record<SleMetric, number>>> {
  const scores: Partial<Record<SleMetric, number>> = {};
  for (const metric of SLE_IDS) {
    const sums = sites.reduce((sum, site) => mergeSlePeriods(sum, site[when][metric] ?? NO_SLE_PERIOD), NO_SLE_PERIOD);
    const score = scoreOfSlePeriod(sums);
    if (score !== null) scores[metric] = score;
  }
  return scores;
}

const pctText = (pct: number | null, decimals: number): string => (pct === null ? 'no data' : `${numberText(pct, decimals)} %`);

function figuresOf({ wan }: ExecutiveModel, total: WanSums): Figure[] {
  const sites = new Set(wan.circuits.map(({ siteId }) => siteId)).size;
  const incidents = wan.incidents.reduce((sum, { opened }) => sum + opened, 0);
  const failovers = wan.failovers.reduce((sum, { count }) => sum + count, 0);
  return [
    { label: 'Availability of circuits', value: pctText(grossPct(total), 3) },
    { label: 'Net of maintenance', value: pctText(netPct(total), 3) },
    { label: 'Mean utilization', value: pctText(meanUtilizationPct(total), 1) },
    { label: 'Sites, circuits', value: `${String(sites)}, ${String(new Set(wan.circuits.map(({ id }) => id)).size)}` },
    { label: 'Incidents opened', value: String(incidents) },
    { label: 'Failovers', value: String(failovers) },
  ];
}

const groupTable = (key: string, title: string, groups: ReturnType<typeof groupSums>): TableBlock => ({
  kind: 'table',
  key,
  title,
  columns: [textColumn('name', 'Name'), numberColumn('circuits', 'Circuits', undefined, 0), ...SUMS_COLUMNS],
  rows: groups.map(({ name, members, sums }) => [name, members, ...sumsCells(sums)]),
  empty: 'No circuit has facts in this period.',
});

const bars = (key: string, title: string, groups: ReturnType<typeof groupSums>): Block[] =>
  groups.length < 2 || groups.length > 25
    ? []
    : [
        {
          kind: 'chart',
          key,
          title,
          shape: 'bars',
          unit: '%',
          most: 100,
          labels: groups.map(({ name }) => name),
          series: [{ name: title, values: groups.map(({ sums }) => netPct(sums)) }],
        },
      ];

/** Service levels of the regions that sites belong to now. */
function sleByRegion(sites: readonly SitePeriodScores[]): TableBlock {
  const regions = [...new Set(sites.map(({ region }) => region))].sort(byText);
  return {
    kind: 'table',
    key: 'sle_by_region',
    title: 'Service levels by region',
    columns: [
      textColumn('region', 'Region'),
      numberColumn('sites', 'Sites', undefined, 0),
      ...SLE_METRICS.map(({ id, title }) => numberColumn(`${id.replaceAll('-', '_')}_pct`, title, '%')),
    ],
    rows: regions.map((region) => {
      const own = sites.filter((site) => site.region === region);
      const scores = pooledScores(own, 'now');
      return [region, own.length, ...SLE_IDS.map((id): CellValue => (scores[id] === undefined ? null : scores[id] * 100))];
    }),
    empty: 'No site has a service level in this period.',
  };
}

/** A figure by which circuits are the worst. */
export interface Top {
  readonly key: string;
  readonly title: string;
  readonly of: (sums: WanSums) => number | null;
  readonly unit: string;
  readonly decimals: number;
  readonly count?: number;
}

/** The worst circuits by one figure. */
export function topTable(circuits: readonly CircuitPeriod[], top: Top): TableBlock {
  const ranked = circuits
    .flatMap((circuit) => {
      const value = top.of(circuit.sums);
      return value === null || value <= 0 ? [] : [{ circuit, value }];
    })
    .sort((a, b) => b.value - a.value || byText(a.circuit.id, b.circuit.id))
    .slice(0, top.count ?? TOP);
  return {
    kind: 'table',
    key: top.key,
    title: top.title,
    columns: [
      numberColumn('rank', '#', undefined, 0),
      textColumn('circuit', 'Circuit'),
      textColumn('circuit_id', 'Id'),
      textColumn('site', 'Site'),
      textColumn('region', 'Region'),
      textColumn('provider', 'Provider'),
      numberColumn('value', 'Figure', top.unit, top.decimals),
    ],
    rows: ranked.map(({ circuit, value }, i) => [
      i + 1,
      circuit.name,
      circuit.id,
      circuit.siteName,
      circuit.region,
      circuit.provider,
      value,
    ]),
    empty: 'None.',
  };
}

const incidentTable = ({ incidents }: WanPeriodModel): TableBlock => ({
  kind: 'table',
  key: 'incidents',
  title: 'Incidents opened in the period',
  columns: [
    toneColumn('severity', 'Severity'),
    numberColumn('opened', 'Opened', undefined, 0),
    numberColumn('resolved', 'Of these resolved', undefined, 0),
    numberColumn('mean_duration_h', 'Mean duration', 'h', 2),
  ],
  rows: incidents.map(({ severity, opened, resolved, meanDurationMs }) => [
    severity,
    opened,
    resolved,
    meanDurationMs === null ? null : hours(meanDurationMs),
  ]),
  empty: 'None.',
});

function trendBlocks({ wan, sle }: ExecutiveModel, total: WanSums): Block[] {
  const before: TrendFigures = { ...wanFiguresOf(wan.beforeSums), ...pooledScores(sle.sites, 'before') };
  const now: TrendFigures = { ...wanFiguresOf(total), ...pooledScores(sle.sites, 'now') };
  const daily = (name: string, of: (sums: WanSums) => number | null) => [{ name, values: wan.daySums.map(of) }];
  return [
    trendTable(trendsOf([...WAN_TREND_METRICS.map(({ id }) => id), ...SLE_IDS], before, now)),
    dailyChart(wan, {
      key: 'availability',
      title: 'Availability by day',
      unit: '%',
      most: 100,
      series: daily('Availability', grossPct),
    }),
    dailyChart(wan, {
      key: 'utilization',
      title: 'Mean utilization by day',
      unit: '%',
      series: daily('Utilization', meanUtilizationPct),
    }),
  ];
}

const TOPS: readonly Top[] = [
  { key: 'top_down', title: 'Longest down', of: ({ downMs }) => hours(downMs), unit: 'h', decimals: 2 },
  { key: 'top_busy', title: 'Busiest hour', of: ({ utilMax }) => utilMax, unit: '%', decimals: 1 },
  { key: 'top_flaps', title: 'Most flaps', of: ({ flaps }) => flaps, unit: 'flaps', decimals: 0 },
];

/** Trends, the worst, and how regions and providers did: what people read on a Monday. */
export function executiveDocument(model: ExecutiveModel): ReportDocument {
  const { wan, sle } = model;
  const total = totalOf(wan);
  const regions = groupSums(wan.circuits, ({ region }) => region);
  const providers = groupSums(wan.circuits, ({ provider }) => provider ?? 'Unknown provider');
  return {
    kind: 'executive',
    title: 'Executive overview',
    facts: periodFacts(wan),
    at: wan.period.to,
    blocks: [
      { kind: 'figures', figures: figuresOf(model, total) },
      { kind: 'heading', text: 'Trends' },
      ...trendBlocks(model, total),
      { kind: 'heading', text: 'Regions and providers' },
      ...bars('availability_by_region', 'Net availability by region', regions),
      groupTable('regions', 'Regions', regions),
      ...bars('availability_by_provider', 'Net availability by provider', providers),
      groupTable('providers', 'Providers', providers),
      sleByRegion(sle.sites),
      { kind: 'heading', text: 'Top offenders' },
      ...TOPS.map((top) => topTable(wan.circuits, top)),
      { kind: 'heading', text: 'Incidents' },
      incidentTable(wan),
    ],
  };
}
