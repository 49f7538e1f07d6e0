import { Readable } from 'node:stream';
import {
  BYTE_ORDER_MARK,
  csvHead,
  csvLine,
  ndjsonLine,
  sheetRow,
  type ExportColumn,
  type ExportRow,
  type SheetValue,
} from '@app/domain';
import { writeWorkbook, type ExportTable } from '@app/shared';
import { problem } from '../http/problem.js';
import { ReaderWatch, type ExportLimits } from './reader-watch.js';

type Rows = AsyncGenerator<readonly ExportRow[]>;

/** A spreadsheet of more rows would take hundreds of megabytes to make, and minutes to open. */
export const MAX_SHEET_ROWS = 50_000;

interface LineFormat {
  readonly head: string;
  readonly line: (columns: readonly ExportColumn[], row: ExportRow) => string;
}

/** How a table becomes lines. */
export const lineFormat = (table: ExportTable, asked: { format: 'csv' | 'ndjson'; hasMark: boolean }): LineFormat =>
  asked.format === 'ndjson'
    ? { head: '', line: ndjsonLine }
    : { head: (asked.hasMark ? BYTE_ORDER_MARK : '') + csvHead(table.columns), line: csvLine };

/**
 * A table as a stream of lines. The first rows are read before it is given away, so that what goes wrong until then is still told as a problem;
 * an error later breaks the stream. Rows are read as fast as they are taken, and no more once the stream is closed; `done` is called then. A reader that
 * takes longer than the limits is cut off: it holds a place, and mostly a connection.
 */
export async function lineStream(
  table: ExportTable,
  rows: Rows,
  { format, limits, done }: { format: LineFormat; limits: ExportLimits; done: () => void },
): Promise<Readable> {
  const columns = table.columns;
  const linesOf = (some: readonly ExportRow[]): Buffer => Buffer.from(some.map((row) => format.line(columns, row)).join(''));
  const first = await rows.next();
  async function* lines(): AsyncGenerator<Buffer> {
    const firstLines = first.done === true ? Buffer.alloc(0) : linesOf(first.value);
    const opening = Buffer.concat([Buffer.from(format.head), firstLines]);
    if (opening.length > 0) yield opening;
    watch.taken();
    if (first.done === true) return;
    for await (const some of rows) {
      watch.given();
      yield linesOf(some);
      watch.taken();
    }
  }
  const stream = Readable.from(lines(), { objectMode: false });
  const watch = new ReaderWatch(limits, (why) => stream.destroy(why));
  stream.once('close', () => {
    watch.end();
    // A stream that nobody began to read leaves the rows open.
    void rows.return(undefined).finally(done);
  });
  return stream;
}

/** A table as a spreadsheet; refuses one of too many rows. */
export async function workbookOf(table: ExportTable, rows: Rows): Promise<Buffer> {
  const sheet: SheetValue[][] = [table.columns.map(({ name }) => name)];
  for await (const some of rows) {
    if (sheet.length + some.length > MAX_SHEET_ROWS + 1)
      throw problem('too-large', {
        detail: `A spreadsheet of this table would have more than ${String(MAX_SHEET_ROWS)} rows. Ask for format=csv, which has no limit, or for a shorter period.`,
      });
    for (const row of some) sheet.push(sheetRow(table.columns, row));
  }
  return writeWorkbook([{ name: table.name, rows: sheet }]);
}
