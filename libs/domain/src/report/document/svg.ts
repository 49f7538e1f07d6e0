import { oneLine, shorten } from '../layout.js';
import { BAR_THICKNESS, chartGeometry, type ChartGeometry, type Point } from './chart.js';
import { seriesColour } from './colours.js';
import type { ChartBlock } from './document.js';
import { escapeHtml } from './escape.js';

const WIDTH = 720;
const round = (value: number): string => String(Math.round(value * 10) / 10);
const place = ({ x, y }: Point): string => `${round(x)},${round(y)}`;

function text(x: number, y: number, said: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeHtml(said)}</text>`;
}

function grid({ left, right, bottom, yTicks, xTicks }: ChartGeometry): string {
  const rows = yTicks.map(
    ({ at, label }) =>
      `<path class="grid" d="M${round(left)},${round(at)}H${round(right)}"/>${text(left - 6, at + 4, label, 'end')}`,
  );
  return rows.join('') + xTicks.map(({ at, label }) => text(at, bottom + 16, label, 'middle')).join('');
}

function line({ stretches }: ChartGeometry['lines'][number], index: number): string {
  const colour = seriesColour(index);
  return stretches
    .map((points) => {
      const [first] = points;
      if (points.length === 1 && first !== undefined)
        return `<circle cx="${round(first.x)}" cy="${round(first.y)}" r="2.5" fill="${colour}"/>`;
      return `<polyline points="${points.map(place).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`;
    })
    .join('');
}

function bar({ left }: ChartGeometry, { label, text: value, y, width }: ChartGeometry['bars'][number]): string {
  const middle = y + BAR_THICKNESS - 3;
  return (
    text(left - 8, middle, shorten(label, 22), 'end') +
    `<rect x="${round(left)}" y="${round(y)}" width="${round(Math.max(1, width))}" height="${String(BAR_THICKNESS)}" fill="${seriesColour(0)}"/>` +
    text(left + width + 6, middle, value, 'start')
  );
}

const legend = (chart: ChartBlock): string =>
  chart.series.length < 2
    ? ''
    : `<p class="legend">${chart.series
        .map(({ name }, i) => `<span><i style="background:${seriesColour(i)}"></i>${escapeHtml(oneLine(name))}</span>`)
        .join(' ')}</p>`;

/** A chart as inline SVG; its figures are in the tables, so that it is one picture with a name to a screen reader. */
export function chartSvg(chart: ChartBlock): string {
  const geometry = chartGeometry(chart, WIDTH);
  const name = escapeHtml(`${oneLine(chart.title)}${chart.unit === '' ? '' : ` [${chart.unit}]`}`);
  const drawn = grid(geometry) + geometry.lines.map(line).join('') + geometry.bars.map((each) => bar(geometry, each)).join('');
  return `<figure><figcaption>${name}</figcaption>${legend(chart)}<svg viewBox="0 0 ${String(WIDTH)} ${round(geometry.height)}" role="img" aria-label="${name}">${drawn}</svg></figure>`;
}
