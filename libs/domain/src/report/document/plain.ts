import { cell, displayWidth, oneLine, shorten } from '../layout.js';
import { type Block, type ReportDocument, type TableBlock } from './document.js';
import { headText, isRight, valueText } from './values.js';

/** Wider than a summary: a table of eight columns has to fit. */
const WIDTH = 120;
const MAX_CELL = 36;

function table({ columns, rows, empty, note, ...rest }: TableBlock): string[] {
  const title = oneLine(rest.title);
  if (rows.length === 0) return ['', title, `  ${empty}`];
  const texts = rows.map((row) => columns.map((column, i) => shorten(valueText(column, row[i] ?? null), MAX_CELL)));
  const heads = columns.map(headText);
  const widths = heads.map((head, i) => Math.max(displayWidth(head), ...texts.map((row) => displayWidth(row[i] ?? ''))));
  const lineOf = (row: readonly string[]): string =>
    row
      .map((said, i) => {
        const column = columns[i];
        const width = widths[i] ?? 0;
        return column !== undefined && isRight(column)
          ? ' '.repeat(Math.max(0, width - displayWidth(said))) + said
          : cell(said, width);
      })
      .join('  ')
      .trimEnd();
  return [
    '',
    title,
    `  ${lineOf(heads)}`,
    ...texts.map((row) => `  ${lineOf(row)}`),
    ...(note === undefined ? [] : [`  ${oneLine(note)}`]),
  ];
}

function block(of: Block): string[] {
  switch (of.kind) {
    case 'heading':
      return ['', oneLine(of.text).toUpperCase(), '-'.repeat(WIDTH)];
    case 'text':
      return [oneLine(of.text)];
    case 'steps':
      return ['', oneLine(of.title), ...of.steps.map((step, i) => `  ${String(i + 1)}. ${oneLine(step)}`)];
    case 'figures':
      return of.figures.map(({ label, value }) => `${oneLine(label)}: ${oneLine(value)}`);
    case 'chart':
      return [];
    case 'table':
      return table(of);
  }
}

/** The report as plain text; charts are left to formats that can draw. */
export function renderPlain({ title, facts, blocks }: ReportDocument): string {
  const labels = Math.max(...facts.map(([label]) => label.length)) + 1;
  const lines = [
    '='.repeat(WIDTH),
    title.toUpperCase(),
    ...facts.map(([label, value]) => `${`${label}:`.padEnd(labels + 1)}${oneLine(value)}`),
    '='.repeat(WIDTH),
    ...blocks.flatMap(block),
  ];
  return `${lines.join('\n')}\n`;
}
