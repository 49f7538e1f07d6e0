import { setImmediate } from 'node:timers/promises';
import { headText, isRight, isTone, oneLine, TONE_COLOURS, valueText, type DocumentColumn, type TableBlock } from '@app/domain';
import { BAND, INK, LINE, SOFT, type PdfPages, type Style } from './pdf-page.js';

const ROW = 13;
const HEAD_LINE = 9;
const PAD = 4;
const CELL: Style = { size: 7.5 };
const HEAD: Style = { size: 7.5, weight: 'bold' };
const TITLE: Style = { size: 10, weight: 'bold' };
/** Rows whose widths decide those of the columns; later ones are cut to them. */
const MEASURED = 200;
const MAX_WIDTH = 220;
/** Rows that are drawn before others have their turn: a table of thousands takes seconds. */
const AT_ONCE = 50;
const MIN_TEXT = 50;

/** A head on one line, or on two where that is narrower. */
function headLines(pages: PdfPages, head: string): readonly string[] {
  const words = head.split(' ');
  const splits = words.slice(1).map((_, i) => [words.slice(0, i + 1).join(' '), words.slice(i + 1).join(' ')]);
  const widest = (lines: readonly string[]): number => Math.max(...lines.map((line) => pages.widthOf(line, HEAD)));
  return splits.reduce<readonly string[]>((best, split) => (widest(split) < widest(best) ? split : best), [head]);
}

/** Widths of the columns: what their texts need; where that is too much, texts give way and numbers stay. */
function widthsOf(pages: PdfPages, columns: readonly DocumentColumn[], texts: readonly (readonly string[])[]): number[] {
  const needed = columns.map((column, i) => {
    const widest = texts.slice(0, MEASURED).reduce((width, row) => Math.max(width, pages.widthOf(row[i] ?? '', CELL)), 0);
    const heads = headLines(pages, headText(column)).map((line) => pages.widthOf(line, HEAD));
    return Math.min(MAX_WIDTH, Math.max(widest, ...heads)) + 2 * PAD;
  });
  const total = needed.reduce((sum, width) => sum + width, 0);
  if (total <= pages.width) return needed;
  const isText = columns.map(({ kind }) => kind === 'text');
  const texted = needed.reduce((sum, width, i) => sum + (isText[i] === true ? width : 0), 0);
  const share = texted === 0 ? 1 : Math.max(0, (texted - (total - pages.width)) / texted);
  const shrunk = needed.map((width, i) => (isText[i] === true ? Math.max(Math.min(width, MIN_TEXT), width * share) : width));
  const over = shrunk.reduce((sum, width) => sum + width, 0) / pages.width;
  return over > 1 ? shrunk.map((width) => width / over) : shrunk;
}

interface Line {
  readonly columns: readonly DocumentColumn[];
  readonly widths: readonly number[];
}

const colourOf = ({ kind }: DocumentColumn, said: string): string =>
  kind === 'tone' && isTone(said) ? TONE_COLOURS[said].light : INK;

function drawCells(pages: PdfPages, { columns, widths }: Line, texts: readonly string[], style: Style): void {
  let x = pages.left;
  for (const [i, column] of columns.entries()) {
    const width = widths[i] ?? 0;
    const own = style === CELL ? { ...style, colour: colourOf(column, texts[i] ?? '') } : style;
    const said = pages.clipped(texts[i] ?? '', own, width - 2 * PAD);
    const from = isRight(column) ? x + width - PAD - pages.widthOf(said, own) : x + PAD;
    pages.write(said, { x: from, y: pages.y + 2 }, own);
    x += width;
  }
}

const totalOf = ({ widths }: Line): number => widths.reduce((sum, width) => sum + width, 0);

function endRow(pages: PdfPages, line: Line): void {
  const bottom = pages.y + ROW;
  pages.pdf
    .moveTo(pages.left, bottom)
    .lineTo(pages.left + totalOf(line), bottom)
    .lineWidth(0.4)
    .strokeColor(LINE)
    .stroke();
  pages.y = bottom;
}

function drawHead(pages: PdfPages, line: Line): void {
  const heads = line.columns.map((column, i) => {
    const head = headText(column);
    return pages.widthOf(head, HEAD) <= (line.widths[i] ?? 0) - 2 * PAD ? [head] : headLines(pages, head);
  });
  const hasTwo = heads.some(({ length }) => length > 1);
  pages.pdf.rect(pages.left, pages.y, totalOf(line), hasTwo ? ROW + HEAD_LINE : ROW).fill(BAND);
  if (hasTwo) {
    drawCells(
      pages,
      line,
      heads.map((lines) => (lines.length > 1 ? (lines[0] ?? '') : '')),
      HEAD,
    );
    pages.y += HEAD_LINE;
  }
  drawCells(
    pages,
    line,
    heads.map((lines) => lines.at(-1) ?? ''),
    HEAD,
  );
  endRow(pages, line);
}

/** Draws a table; its head is repeated on every page. */
export async function drawTable(pages: PdfPages, { title, columns, rows, empty, note }: TableBlock): Promise<void> {
  pages.room(ROW * 4 + 16);
  pages.write(pages.clipped(oneLine(title), TITLE, pages.width), { x: pages.left, y: pages.y }, TITLE);
  pages.y += 16;
  if (rows.length === 0) {
    pages.paragraph(empty, { size: 8, colour: SOFT });
  } else {
    const texts = rows.map((row) => columns.map((column, i) => valueText(column, row[i] ?? null)));
    const line = { columns, widths: widthsOf(pages, columns, texts) };
    drawHead(pages, line);
    for (const [i, row] of texts.entries()) {
      if (i % AT_ONCE === AT_ONCE - 1) await setImmediate();
      if (pages.room(ROW)) drawHead(pages, line);
      drawCells(pages, line, row, CELL);
      endRow(pages, line);
    }
    pages.y += 3;
  }
  if (note !== undefined) pages.paragraph(oneLine(note), { size: 7.5, colour: SOFT });
  pages.y += 8;
}
