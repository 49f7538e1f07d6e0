import { PermanentError } from '@app/shared';
import { MAX_CELL_CHARS } from './cells.js';
import { CsvRecords, type CsvRecord } from './csv-records.js';
import { readLines, type Line } from './lines.js';

export type ImportFormat = 'csv' | 'ndjson';

/** One row of a file as it stands there, or why it cannot be read. */
export type RawRow =
  | { readonly line: number; readonly row: Readonly<Record<string, unknown>> }
  | { readonly line: number; readonly row: null; readonly column: string | null; readonly reason: string };

export interface Columns {
  readonly columns: readonly string[];
  readonly required: readonly string[];
}

type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** The rows of a file in batches, each with the line at which it starts. A header that lacks a required column throws before the first row. */
export function readRows(source: Bytes, format: ImportFormat, columns: Columns): AsyncGenerator<RawRow[]> {
  return format === 'csv' ? readCsv(source, columns) : readNdjson(source);
}

async function* readCsv(source: Bytes, columns: Columns): AsyncGenerator<RawRow[]> {
  const records = new CsvRecords();
  let header: Header | null = null;
  const rowsOf = (found: readonly CsvRecord[]): RawRow[] => {
    const rows: RawRow[] = [];
    for (const record of found) {
      if (record.cells?.every((cell) => cell.trim() === '') === true) continue;
      if (header === null) header = headerOf(record, columns);
      else rows.push(rowOf(record, header));
    }
    return rows;
  };
  for await (const lines of readLines(source)) yield rowsOf(records.take(lines));
  const last = rowsOf(records.end());
  if (header === null)
    throw new PermanentError(
      'IMPORT_EMPTY',
      `The file is empty; its first line should name the columns ${columns.columns.join(',')}.`,
    );
  yield last;
}

interface Header {
  readonly names: readonly string[];
  /** Where the columns we know stand. */
  readonly positions: readonly (readonly [name: string, position: number])[];
  /** A row of these columns without values; a copy of it is filled much faster than an empty object. */
  readonly blank: Readonly<Record<string, unknown>>;
}

function headerOf(record: CsvRecord, { columns, required }: Columns): Header {
  if (record.cells === null)
    throw new PermanentError('IMPORT_HEADER', `Line ${String(record.line)} should name the columns: ${record.reason}.`);
  if (record.cells.some((cell) => cell.includes('\r')))
    throw new PermanentError(
      'IMPORT_HEADER',
      'The lines of the file end in CR alone; save it with LF or CRLF at the end of lines.',
    );
  const names = record.cells.map((cell) => cell.trim().toLowerCase());
  const missing = required.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    const hint = names.length === 1 && /[;\t]/.test(names[0] ?? '') ? ' Cells are to be separated by commas.' : '';
    throw new PermanentError(
      'IMPORT_COLUMN_MISSING',
      `Line ${String(record.line)} names no column ${missing.join(', ')}; required are ${required.join(', ')}.${hint}`,
    );
  }
  const doubled = columns.filter((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (doubled.length > 0)
    throw new PermanentError('IMPORT_COLUMN_TWICE', `Line ${String(record.line)} names the column ${doubled.join(', ')} twice.`);
  const positions = columns.map((name) => [name, names.indexOf(name)] as const).filter(([, position]) => position >= 0);
  return { names, positions, blank: Object.fromEntries(positions.map(([name]) => [name, undefined])) };
}

const refused = (line: number, reason: string, column: string | null = null): RawRow => ({ line, row: null, column, reason });

function rowOf(record: CsvRecord, { names, positions, blank }: Header): RawRow {
  const { line, cells } = record;
  if (cells === null) return refused(line, record.reason);
  if (cells.length < names.length)
    return refused(line, `has ${String(cells.length)} cells, the header has ${String(names.length)}`);
  if (cells.length > names.length && cells.slice(names.length).some((cell) => cell.trim() !== ''))
    return refused(line, `has ${String(cells.length)} cells, the header has ${String(names.length)}`);
  const huge = cells.findIndex((cell) => cell.length > MAX_CELL_CHARS);
  if (huge >= 0) return refused(line, `is longer than ${String(MAX_CELL_CHARS / 1024)} KB`, names[huge] ?? null);
  const row = { ...blank };
  let isHeaderAgain = true;
  for (const [name, position] of positions) {
    const cell = cells[position];
    row[name] = cell;
    isHeaderAgain &&= cell?.trim().toLowerCase() === name;
  }
  return isHeaderAgain ? refused(line, 'is the header once more') : { line, row };
}

async function* readNdjson(source: Bytes): AsyncGenerator<RawRow[]> {
  for await (const lines of readLines(source)) {
    yield lines.filter(({ text }) => text.trim() !== '').map(jsonRow);
  }
}

function jsonRow({ number, text, fault }: Line): RawRow {
  if (fault !== null) return refused(number, fault);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refused(number, 'is not JSON; each line should be one JSON object');
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? { line: number, row: value as Record<string, unknown> } : refused(number, 'is not a JSON object');
}
