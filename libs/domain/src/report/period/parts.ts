import type { Block, CellValue, ChartBlock, DocumentColumn, TableBlock } from '../document/document.js';
import { timeText } from '../layout.js';
import type { MetricTrend } from '../../trend/assemble.js';
import { describeTrendMetric } from '../../trend/metrics.js';
import { isSleMetric } from '../../sle/metrics.js';
import { knownPct, meanQuality, meanUtilizationPct, grossPct, netPct, type WanSums } from './sums.js';
import type { PeriodScope } from './model.js';

export const textColumn = (key: string, title: string): DocumentColumn => ({ key, title, kind: 'text' });
export const toneColumn = (key: string, title: string): DocumentColumn => ({ key, title, kind: 'tone' });
export const timeColumn = (key: string, title: string): DocumentColumn => ({ key, title, kind: 'time' });
export const numberColumn = (key: string, title: string, unit?: string, decimals = 1): DocumentColumn => ({
  key,
  title,
  kind: 'number',
  decimals,
  ...(unit === undefined ? {} : { unit }),
});

/** What stands at the head of a report of a period. */
export function periodFacts({ org, period, zone, region, site }: PeriodScope): [string, string][] {
  return [
    ['Organization', `${org.name} (${org.id})`],
    ['Period', `${timeText(period.from)} to ${timeText(period.to)}, days of ${zone}`],
    ...(region === null ? [] : [['Region', region] satisfies [string, string]]),
    ...(site === null ? [] : [['Site', site] satisfies [string, string]]),
  ];
}

export const QUALITY_COLUMNS: readonly DocumentColumn[] = [
  numberColumn('latency_ms', 'Latency', 'ms', 1),
  numberColumn('jitter_ms', 'Jitter', 'ms', 1),
  numberColumn('loss_pct', 'Loss', '%', 2),
];
export const qualityCells = (sums: WanSums): CellValue[] => [
  meanQuality(sums, 'latency'),
  meanQuality(sums, 'jitter'),
  meanQuality(sums, 'loss'),
];

/** Columns of circuits added up, whatever they are grouped by. */
export const SUMS_COLUMNS: readonly DocumentColumn[] = [
  numberColumn('availability_pct', 'Availability', '%', 3),
  numberColumn('net_availability_pct', 'Net', '%', 3),
  numberColumn('down_h', 'Down', 'h', 2),
  numberColumn('known_pct', 'Known', '%', 1),
  numberColumn('utilization_pct', 'Utilization', '%', 1),
  ...QUALITY_COLUMNS,
  numberColumn('flaps', 'Flaps', undefined, 0),
];

export const hours = (ms: number): number => ms / 3_600_000;

export const sumsCells = (sums: WanSums): CellValue[] => [
  grossPct(sums),
  netPct(sums),
  hours(sums.downMs),
  knownPct(sums),
  meanUtilizationPct(sums),
  ...qualityCells(sums),
  sums.flaps,
];

const TREND_COLUMNS: readonly DocumentColumn[] = [
  textColumn('metric', 'Figure'),
  textColumn('unit', 'Unit'),
  numberColumn('before', 'Period before', undefined, 2),
  numberColumn('now', 'This period', undefined, 2),
  textColumn('arrow', ''),
  numberColumn('change_pct', 'Change', '%', 1),
  textColumn('word', ''),
];

/** Figures beside those of the period before; scores are shown in percent. */
export const trendTable = (trends: readonly MetricTrend[]): TableBlock => ({
  kind: 'table',
  key: 'trends',
  title: 'Against the period before',
  columns: TREND_COLUMNS,
  rows: trends.map(({ metric, yesterday, today, changePct, direction, arrow, word }) => {
    const isScore = isSleMetric(metric);
    const shown = (value: number | null): number | null => (value === null || !isScore ? value : value * 100);
    const { title, unit } = describeTrendMetric(metric);
    const isCompared = direction !== 'no_baseline' && direction !== 'no_data';
    return [
      title,
      isScore ? '%' : unit,
      shown(yesterday),
      shown(today),
      isCompared ? arrow : '',
      changePct,
      word ?? (isCompared ? 'stable' : 'no baseline'),
    ];
  }),
  empty: 'Nothing is known of this period.',
});

/** A line over the days of a period. */
export const dailyChart = (
  { days }: PeriodScope,
  chart: Pick<ChartBlock, 'key' | 'title' | 'unit' | 'series'> & Pick<Partial<ChartBlock>, 'includes' | 'most'>,
): Block => ({ kind: 'chart', shape: 'lines', labels: days.map((day) => day.slice(5)), ...chart });
