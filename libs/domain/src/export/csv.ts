import { neutralCsvText } from './neutral.js';
import type { ExportColumn, ExportRow } from './table.js';

export const BYTE_ORDER_MARK = '\uFEFF';
const LINE_END = '\r\n';
const NEEDS_QUOTES = /[",;\t\r\n]|^\s|\s$/;
/** Figures that have no place in a table: Postgres' words for what is no number. */
const NO_NUMBER = new Set(['NaN', 'Infinity', '-Infinity']);

const quoted = (text: string): string => (NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function csvCell(column: ExportColumn, value: string | null): string {
  if (value === null || (column.type !== 'text' && NO_NUMBER.has(value))) return '';
  if (column.type === 'boolean') return value === 't' || value === 'true' ? 'true' : 'false';
  return quoted(column.type === 'text' ? neutralCsvText(value) : value);
}

/** The first line: names of the columns. */
export const csvHead = (columns: readonly ExportColumn[]): string =>
  columns.map(({ name }) => quoted(neutralCsvText(name))).join(',') + LINE_END;

/** One line of RFC 4180. An unknown value is an empty cell; texts never start a formula, numbers stay numbers. */
export function csvLine(columns: readonly ExportColumn[], row: ExportRow): string {
  let line = '';
  for (const [i, column] of columns.entries()) line += (i === 0 ? '' : ',') + csvCell(column, row[i] ?? null);
  return line + LINE_END;
}
