import { CsvError, parse } from 'csv-parse/sync';
import { problem } from '../http/problem.js';

/** A row of a table with the line on which it starts, counted from 1. */
export interface CsvRow {
  readonly line: number;
  readonly cells: Readonly<Record<string, string>>;
}

const REQUIRED = ['mac', 'port_id'];

interface WithInfo {
  readonly record: Record<string, string>;
  readonly info: { readonly lines: number };
  readonly raw: string;
}

/** Reads a table with a heading. A table that is broken is refused as a whole: after a stray quote no line is sure. */
export function readCsv(text: unknown, maxRows: number): CsvRow[] {
  if (typeof text !== 'string' || text.trim() === '')
    throw problem('invalid-request', { detail: 'Send the table as text/csv, with the columns in the first line.' });
  const rows = parsed(text);
  if (rows.length > maxRows)
    throw problem('too-large', { detail: `The table has ${String(rows.length)} rows, more than ${String(maxRows)}.` });
  const [first] = rows;
  const missing = first === undefined ? [] : REQUIRED.filter((column) => !Object.hasOwn(first.cells, column));
  if (first === undefined || missing.length > 0)
    throw problem('invalid-request', {
      detail: first === undefined ? 'The table has no rows.' : `The table has no column ${missing.join(' and no column ')}.`,
    });
  return rows;
}

function parsed(text: string): CsvRow[] {
  try {
    const rows = parse(text, {
      columns: (heads: string[]) => heads.map((head) => head.trim().toLowerCase()),
      bom: true,
      info: true,
      raw: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as WithInfo[];
    // A row is told where it ends, and a quoted cell may run over several lines.
    return rows.map(({ record, info, raw }) => ({ line: info.lines - raw.trim().split('\n').length + 1, cells: record }));
  } catch (error) {
    if (error instanceof CsvError) throw problem('invalid-request', { detail: `The table cannot be read: ${error.message}.` });
    throw error;
  }
}
