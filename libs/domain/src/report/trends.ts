import type { EpochMs } from '../sample.js';
import type { HealthStatus } from '../severity.js';
import type { MetricTrend } from '../trend/assemble.js';
import { describeTrendMetric, type TrendMetricId } from '../trend/metrics.js';
import { isSleMetric } from '../sle/metrics.js';
import { cell, counted, REPORT_COLUMNS, shorten, timeText, wrap } from './layout.js';

/** One metric of a site over the days of a table; `null` = no data that day. */
export interface ReportTrendRow {
  readonly values: readonly (number | null)[];
  readonly trend: MetricTrend;
}

/** A degraded site over the last seven days, the running one included. */
export interface ReportTrendTable {
  readonly siteName: string;
  readonly status: HealthStatus;
  readonly rows: readonly ReportTrendRow[];
}

export interface ReportTrends {
  /** End of the 24 hours that are compared with the 24 hours before them. */
  readonly end: EpochMs;
  readonly org: readonly MetricTrend[];
  /** Names of the days of the tables, oldest first: `2026-03-01`. */
  readonly days: readonly string[];
  readonly tables: readonly ReportTrendTable[];
  /** Degraded sites beyond those that have a table. */
  readonly sitesLeftOut: number;
}

const VALUE_COLUMNS = 6;
const TITLE_COLUMNS = REPORT_COLUMNS - 7 * VALUE_COLUMNS - ' ↓ better'.length;

/** A figure as people read it: scores in percent; as many decimals as fit and say something. */
function figure(metric: TrendMetricId, value: number | null): string {
  if (value === null) return '-';
  const shown = isSleMetric(metric) ? value * 100 : value;
  if (metric === 'flaps' || shown >= 999.95) return shown.toFixed(0);
  const isFine = (metric === 'loss' || metric === 'availability') && shown < 99.995;
  return shown.toFixed(isFine ? 2 : 1);
}

const unitOf = (metric: TrendMetricId): string => (isSleMetric(metric) ? '%' : describeTrendMetric(metric).unit);

function changeText({ changePct, direction }: MetricTrend): string {
  if (direction === 'no_baseline') return 'no baseline';
  if (direction === 'no_data') return 'no data';
  if (changePct === null) return 'from 0';
  if (Math.abs(changePct) >= 1000) return changePct > 0 ? '>+999%' : '<-999%';
  const text = `${changePct > 0 ? '+' : ''}${changePct.toFixed(1)}%`;
  return text === '-0.0%' ? '0.0%' : text;
}

/** `Utilization    40.0 %  ->    60.0 %  ↑    +50.0%  worse` */
function orgLine(trend: MetricTrend): string {
  const unit = unitOf(trend.metric);
  const value = (of: number | null): string => `${figure(trend.metric, of).padStart(7)} ${(of === null ? '' : unit).padEnd(2)}`;
  const { title } = describeTrendMetric(trend.metric);
  const line = `${cell(title, 26)}${value(trend.yesterday)} -> ${value(trend.today)} ${arrowOf(trend)} ${changeText(trend).padStart(9)}  ${trend.word ?? ''}`;
  return line.trimEnd();
}

/** Nothing to compare with is not the same as no change. */
const arrowOf = ({ direction, arrow }: MetricTrend): string =>
  direction === 'no_baseline' || direction === 'no_data' ? ' ' : arrow;

const rowLine = ({ values, trend }: ReportTrendRow): string => {
  const title = ` ${cell(describeTrendMetric(trend.metric).title, TITLE_COLUMNS - 1)}`;
  const cells = values.map((value) => figure(trend.metric, value).padStart(VALUE_COLUMNS)).join('');
  return `${title}${cells} ${arrowOf(trend)} ${trend.word ?? ''}`.trimEnd();
};

function tableLines({ siteName, status, rows }: ReportTrendTable, days: readonly string[]): string[] {
  const head = `${' '.repeat(TITLE_COLUMNS)}${days.map((day) => day.slice(5).padStart(VALUE_COLUMNS)).join('')}`;
  return [`${shorten(siteName, 58)} (${status})`, ...(rows.length === 0 ? ['  No history yet.'] : [head, ...rows.map(rowLine)])];
}

/** The trend section of the summary report: the organization, then the last seven days of every degraded site. */
export function trendLines({ end, org, days, tables, sitesLeftOut }: ReportTrends, limit: number): string[] {
  const shown = tables.slice(0, limit);
  const rest = tables.length - shown.length + sitesLeftOut;
  const compared = [
    ...wrap(`24 hours to ${timeText(end)} against the 24 hours before; arrows show the value, words whether that is good.`),
    ...org.map(orgLine),
  ];
  const hasBaseline = org.some(({ yesterday }) => yesterday !== null);
  return [
    ...(hasBaseline ? compared : ['Not enough history yet to compare the last 24 hours.']),
    ...shown.flatMap((table) => ['', ...tableLines(table, days)]),
    ...(rest > 0 ? [`... and ${counted(rest, 'more degraded site')}`] : []),
  ];
}
