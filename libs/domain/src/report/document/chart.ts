import type { ChartBlock } from './document.js';
import { oneLine } from '../layout.js';
import { numberText } from './values.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** Where everything of a chart stands, whoever draws it; sizes in the unit of the given width. */
export interface ChartGeometry {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly yTicks: readonly Tick[];
  readonly xTicks: readonly Tick[];
  /** Unbroken stretches of each series; one of a single point is a dot. */
  readonly lines: readonly { readonly name: string; readonly stretches: readonly (readonly Point[])[] }[];
  readonly bars: readonly { readonly label: string; readonly text: string; readonly y: number; readonly width: number }[];
}

const TICKS = 4;
const MAX_LABELS = 8;
const LABEL_ROOM = 46;
const BAR_HEIGHT = 20;
const BAR_LABEL_ROOM = 150;
const BAR_VALUE_ROOM = 60;
const LINES_HEIGHT = 170;

/** A step of 1, 2 or 5 times a power of ten. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const share = rough / power;
  return (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10) * power;
}

interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  readonly decimals: number;
}

function axisOf({ series, includes = [], most }: ChartBlock): Axis {
  const values = [...series.flatMap((each) => each.values.filter((value) => value !== null)), ...includes];
  const [min, max] = [Math.min(...values, most ?? Infinity), Math.max(...values)];
  if (values.length === 0) return { low: 0, high: 1, ticks: [0, 1], decimals: 0 };
  const step = niceStep(Math.max((max - min) / TICKS, Math.abs(max) * 1e-4, 1e-3));
  const top = Math.max(Math.ceil(max / step) * step, Math.floor(min / step) * step + step);
  const high = most === undefined ? top : Math.min(top, Math.max(most, max));
  const low = Math.min(Math.floor(min / step) * step, high - step);
  const count = Math.floor((high - low) / step + 1e-9);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return {
    low: high <= low ? low - step : low,
    high,
    ticks: Array.from({ length: count + 1 }, (_, i) => low + i * step),
    decimals,
  };
}

function stretches(values: readonly (number | null)[], place: (index: number, value: number) => Point): Point[][] {
  const found: Point[][] = [];
  let open: Point[] | null = null;
  for (const [i, value] of values.entries()) {
    if (value === null) {
      open = null;
      continue;
    }
    if (open === null) found.push((open = []));
    open.push(place(i, value));
  }
  return found;
}

function linesGeometry(chart: ChartBlock, width: number): ChartGeometry {
  const [left, right, top, bottom] = [LABEL_ROOM, width - 26, 10, LINES_HEIGHT - 22];
  const axis = axisOf(chart);
  const yOf = (value: number): number => bottom - ((value - axis.low) / (axis.high - axis.low)) * (bottom - top);
  const last = Math.max(1, chart.labels.length - 1);
  const xOf = (i: number): number => (chart.labels.length === 1 ? (left + right) / 2 : left + (i / last) * (right - left));
  const every = Math.ceil(chart.labels.length / MAX_LABELS);
  return {
    width,
    height: LINES_HEIGHT,
    left,
    right,
    top,
    bottom,
    yTicks: axis.ticks.map((value) => ({ at: yOf(value), label: numberText(value, axis.decimals) })),
    xTicks: chart.labels.flatMap((label, i) => (i % every === 0 ? [{ at: xOf(i), label: oneLine(label) }] : [])),
    lines: chart.series.map(({ name, values }) => ({
      name,
      stretches: stretches(values, (i, value) => ({ x: xOf(i), y: yOf(value) })),
    })),
    bars: [],
  };
}

function barsGeometry({ labels, series, unit, most, includes = [] }: ChartBlock, width: number): ChartGeometry {
  const [left, right, top] = [BAR_LABEL_ROOM, width - BAR_VALUE_ROOM, 6];
  const values = labels.map((_, i) => series[0]?.values[i] ?? null);
  const full = most ?? Math.max(1e-9, ...values.map((value) => value ?? 0), ...includes);
  const height = top + labels.length * BAR_HEIGHT + 6;
  return {
    width,
    height,
    left,
    right,
    top,
    bottom: height - 6,
    yTicks: [],
    xTicks: [],
    lines: [],
    bars: values.map((value, i) => ({
      label: oneLine(labels[i] ?? ''),
      text: value === null ? '-' : `${numberText(value, value >= 99.95 || value < 1 ? 2 : 1)} ${unit}`,
      y: top + i * BAR_HEIGHT,
      width: Math.max(0, Math.min(1, (value ?? 0) / full)) * (right - left),
    })),
  };
}

/** Height of a bar, the gap to the next not counted. */
export const BAR_THICKNESS = BAR_HEIGHT - 7;

/** Where the parts of a chart stand in a drawing of that width. */
export const chartGeometry = (chart: ChartBlock, width: number): ChartGeometry =>
  chart.shape === 'lines' ? linesGeometry(chart, width) : barsGeometry(chart, width);
