import { CsvError, parse } from 'csv-parse/sync';
import type { Line } from './lines.js';

/** One record: its cells, or why it is none. `line` is where it starts. */
export type CsvRecord =
  | { readonly line: number; readonly cells: readonly string[] }
  | { readonly line: number; readonly cells: null; readonly reason: string };

/** A quoted cell that is still open after this many characters was never closed. */
const MAX_OPEN_CHARS = 131_072;

/**
 * Puts lines together to CSV records. A line without a quote is a record by itself; a quoted cell may run over several lines. Where a quote is
 * wrong only its line is lost: reading goes on with the next one, so that a stray quote cannot swallow the rest of the file.
 */
export class CsvRecords {
  private open: Line[] = [];
  private openChars = 0;

  take(lines: readonly Line[]): CsvRecord[] {
    return this.drain(lines);
  }

  /** What was still open at the end of the file. */
  end(): CsvRecord[] {
    const records: CsvRecord[] = [];
    while (this.open.length > 0) {
      const [first, ...others] = this.reopen();
      if (first !== undefined) records.push(broken(first.number, NOT_CLOSED), ...this.drain(others));
    }
    return records;
  }

  private drain(lines: readonly Line[]): CsvRecord[] {
    const records: CsvRecord[] = [];
    let waiting = lines;
    for (let next = 0; next < waiting.length; next++) {
      const line = waiting[next];
      if (line === undefined) break;
      const reason = this.add(line, records);
      if (reason === null) continue;
      const [first, ...others] = this.reopen();
      records.push(broken(first?.number ?? line.number, reason));
      waiting = [...others, ...waiting.slice(next + 1)];
      next = -1;
    }
    return records;
  }

  /** Returns why the open record cannot be one; else the line is taken, and a record that is now complete is appended. */
  private add(line: Line, records: CsvRecord[]): string | null {
    const hasQuote = line.text.includes('"');
    if (this.open.length === 0 && !hasQuote) {
      records.push(line.fault !== null ? broken(line.number, line.fault) : { line: line.number, cells: line.text.split(',') });
      return null;
    }
    this.open.push(line);
    this.openChars += line.text.length + 1;
    if (line.fault !== null) return line.fault;
    if (hasQuote) {
      const parsed = parseRecord(this.open.map(({ text }) => text).join('\n'));
      if (parsed.cells !== null) {
        records.push({ line: this.open[0]?.number ?? line.number, cells: parsed.cells });
        this.reopen();
        return null;
      }
      if (!parsed.isOpen) return parsed.reason;
    }
    return this.openChars > MAX_OPEN_CHARS ? NOT_CLOSED : null;
  }

  private reopen(): Line[] {
    const lines = this.open;
    this.open = [];
    this.openChars = 0;
    return lines;
  }
}

const NOT_CLOSED = 'a quoted cell is never closed; write a quote inside a cell as two quotes';
const broken = (line: number, reason: string): CsvRecord => ({ line, cells: null, reason });

type Parsed = { cells: string[] } | { cells: null; isOpen: boolean; reason: string };

function parseRecord(text: string): Parsed {
  try {
    const [cells = []] = parse(text, { relax_column_count: true, record_delimiter: '\n' });
    return { cells };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return {
      cells: null,
      isOpen: error.code === 'CSV_QUOTE_NOT_CLOSED',
      reason: 'a quote stands in the middle of a cell; quote the whole cell and write its quotes twice',
    };
  }
}
