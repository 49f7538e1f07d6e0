import { neutralText } from './neutral.js';
import type { ExportColumn, ExportRow } from './table.js';

/** What a cell of a spreadsheet holds; a `Date` is an instant that it shows in UTC. */
export type SheetValue = string | number | boolean | Date | null;

/** The longest text a cell may hold. */
const MAX_CELL_TEXT = 32_767;

function sheetValue({ type }: ExportColumn, value: string | null): SheetValue {
  if (value === null) return null;
  if (type === 'boolean') return value === 't' || value === 'true';
  if (type === 'text') return neutralText(value).slice(0, MAX_CELL_TEXT);
  const number = type === 'time' ? Date.parse(value) : Number(value);
  if (!Number.isFinite(number)) return null;
  // A counter that a double cannot hold keeps its digits as text.
  if (type === 'integer' && !Number.isSafeInteger(number)) return value;
  return type === 'time' ? new Date(number) : number;
}

/** Cells of one row: numbers, times and booleans as such. */
export const sheetRow = (columns: readonly ExportColumn[], row: ExportRow): SheetValue[] =>
  columns.map((column, i) => sheetValue(column, row[i] ?? null));
