import { chartGeometry, oneLine, shownTable, TONE_COLOURS, type Block, type Figure, type ReportDocument } from '@app/domain';
import { drawChart } from './pdf-chart.js';
import { INK, LINE, PdfPages, SOFT } from './pdf-page.js';
import { drawTable } from './pdf-table.js';

const TILE_HEIGHT = 38;
const TILE_GAP = 8;
const LABEL_WIDTH = 110;

function drawTile(pages: PdfPages, { label, value, tone }: Figure, at: { x: number; width: number }): void {
  const big = { size: 13, weight: 'bold' as const, colour: tone === undefined ? INK : TONE_COLOURS[tone].light };
  const small = { size: 7.5, colour: SOFT };
  pages.pdf.roundedRect(at.x, pages.y, at.width, TILE_HEIGHT, 4).lineWidth(0.7).strokeColor(LINE).stroke();
  pages.write(pages.clipped(oneLine(value), big, at.width - 14), { x: at.x + 7, y: pages.y + 5 }, big);
  pages.write(pages.clipped(oneLine(label), small, at.width - 14), { x: at.x + 7, y: pages.y + 24 }, small);
}

function drawFigures(pages: PdfPages, figures: readonly Figure[]): void {
  const across = Math.min(6, Math.max(3, figures.length));
  const width = (pages.width - (across - 1) * TILE_GAP) / across;
  for (let i = 0; i < figures.length; i += across) {
    pages.room(TILE_HEIGHT + TILE_GAP);
    for (const [j, figure] of figures.slice(i, i + across).entries())
      drawTile(pages, figure, { x: pages.left + j * (width + TILE_GAP), width });
    pages.y += TILE_HEIGHT + TILE_GAP;
  }
}

/** A heading alone at the foot of a page belongs to the next one. */
const roomWith = (pages: PdfPages, next: Block | undefined): number =>
  next?.kind === 'chart' ? chartGeometry(next, pages.width).height + 75 : 110;

function drawHeading(pages: PdfPages, text: string, next: Block | undefined): void {
  pages.room(roomWith(pages, next));
  pages.y += 6;
  pages.paragraph(oneLine(text), { size: 13, weight: 'bold' });
  pages.pdf
    .moveTo(pages.left, pages.y - 2)
    .lineTo(pages.left + pages.width, pages.y - 2)
    .lineWidth(0.8)
    .strokeColor(LINE)
    .stroke();
  pages.y += 6;
}

async function drawBlock(pages: PdfPages, block: Block, next: Block | undefined): Promise<void> {
  switch (block.kind) {
    case 'heading':
      return drawHeading(pages, block.text, next);
    case 'text':
      return pages.paragraph(oneLine(block.text), { size: 9 });
    case 'steps':
      pages.paragraph(oneLine(block.title), { size: 9, weight: 'bold' });
      for (const [i, step] of block.steps.entries()) pages.paragraph(`${String(i + 1)}. ${oneLine(step)}`, { size: 8.5 }, 12);
      return;
    case 'figures':
      return drawFigures(pages, block.figures);
    case 'chart':
      return drawChart(pages, block);
    case 'table':
      return drawTable(pages, shownTable(block));
  }
}

/** The report as PDF, drawn as vectors without a browser; the same report is the same bytes. */
export async function renderPdf(document: ReportDocument): Promise<Buffer> {
  const pages = new PdfPages({ title: document.title, at: document.at });
  pages.paragraph(document.title, { size: 18, weight: 'bold' });
  for (const [label, value] of document.facts) {
    pages.room(12);
    pages.write(label, { x: pages.left, y: pages.y }, { size: 8.5, colour: SOFT });
    pages.write(
      pages.clipped(oneLine(value), { size: 8.5 }, pages.width - LABEL_WIDTH),
      { x: pages.left + LABEL_WIDTH, y: pages.y },
      { size: 8.5 },
    );
    pages.y += 12;
  }
  pages.y += 6;
  for (const [i, block] of document.blocks.entries()) await drawBlock(pages, block, document.blocks[i + 1]);
  const [, about = ''] = document.facts[0] ?? [];
  return pages.end(`${document.title} · ${oneLine(about)}`);
}
