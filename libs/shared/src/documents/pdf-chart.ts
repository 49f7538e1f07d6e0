import { BAR_THICKNESS, chartGeometry, oneLine, seriesColour, type ChartBlock, type ChartGeometry } from '@app/domain';
import { LINE, SOFT, type PdfPages } from './pdf-page.js';

const SMALL = { size: 7, colour: SOFT };
const CAPTION = { size: 9, weight: 'bold' as const };

function drawGrid(pages: PdfPages, { left, right, bottom, yTicks, xTicks }: ChartGeometry, top: number): void {
  for (const { at, label } of yTicks) {
    pages.pdf
      .moveTo(pages.left + left, top + at)
      .lineTo(pages.left + right, top + at)
      .lineWidth(0.5)
      .strokeColor(LINE)
      .stroke();
    pages.write(label, { x: pages.left + left - 5 - pages.widthOf(label, SMALL), y: top + at - 4 }, SMALL);
  }
  for (const { at, label } of xTicks)
    pages.write(label, { x: pages.left + at - pages.widthOf(label, SMALL) / 2, y: top + bottom + 6 }, SMALL);
}

function drawLines(pages: PdfPages, { lines }: ChartGeometry, top: number): void {
  for (const [index, { stretches }] of lines.entries())
    for (const points of stretches) {
      const [first, ...others] = points;
      if (first === undefined) continue;
      if (others.length === 0) {
        pages.pdf.circle(pages.left + first.x, top + first.y, 1.6).fill(seriesColour(index));
        continue;
      }
      pages.pdf.moveTo(pages.left + first.x, top + first.y);
      for (const { x, y } of others) pages.pdf.lineTo(pages.left + x, top + y);
      pages.pdf.lineWidth(1.4).strokeColor(seriesColour(index)).stroke();
    }
}

function drawBars(pages: PdfPages, { left, bars }: ChartGeometry, top: number): void {
  for (const { label, text, y, width } of bars) {
    const said = pages.clipped(oneLine(label), SMALL, left - 12);
    const baseline = top + y + BAR_THICKNESS / 2 - 4;
    pages.write(said, { x: pages.left + left - 6 - pages.widthOf(said, SMALL), y: baseline }, SMALL);
    pages.pdf.rect(pages.left + left, top + y, Math.max(0.5, width), BAR_THICKNESS).fill(seriesColour(0));
    pages.write(text, { x: pages.left + left + width + 5, y: baseline }, SMALL);
  }
}

function drawLegend(pages: PdfPages, { series }: ChartBlock): void {
  if (series.length < 2) return;
  let x = pages.left;
  for (const [index, { name }] of series.entries()) {
    const said = oneLine(name);
    pages.pdf.rect(x, pages.y + 1, 7, 7).fill(seriesColour(index));
    pages.write(said, { x: x + 10, y: pages.y }, SMALL);
    x += 22 + pages.widthOf(said, SMALL);
  }
  pages.y += 13;
}

/** Draws a chart as vectors, where its SVG has everything too. */
export function drawChart(pages: PdfPages, chart: ChartBlock): void {
  const geometry = chartGeometry(chart, pages.width);
  pages.room(geometry.height + 32);
  const caption = `${oneLine(chart.title)}${chart.unit === '' ? '' : ` [${chart.unit}]`}`;
  pages.write(pages.clipped(caption, CAPTION, pages.width), { x: pages.left, y: pages.y }, CAPTION);
  pages.y += 15;
  drawLegend(pages, chart);
  drawGrid(pages, geometry, pages.y);
  drawLines(pages, geometry, pages.y);
  drawBars(pages, geometry, pages.y);
  pages.y += geometry.height + 8;
}
