import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { SheetValue } from '@app/domain';

/** One sheet of a workbook; the first row is its head. */
export interface Sheet {
  readonly name: string;
  readonly rows: readonly (readonly SheetValue[])[];
}

const MAX_SHEET_NAME = 31;

/** A name that spreadsheets take, different from those before it. */
function sheetName(name: string, taken: ReadonlySet<string>): string {
  const plain =
    name
      .replace(/[[\]:*?/\\]|^'|'$/g, ' ')
      .replace(/\s+/g, ' ')
      .trim() || 'Sheet';
  for (let i = 1; ; i++) {
    const end = i === 1 ? '' : ` (${String(i)})`;
    const given = plain.slice(0, MAX_SHEET_NAME - end.length) + end;
    if (!taken.has(given.toLowerCase())) return given;
  }
}

function named(sheets: readonly Sheet[]): Sheet[] {
  const taken = new Set<string>();
  return sheets.map(({ name, rows }) => {
    const given = sheetName(name, taken);
    taken.add(given.toLowerCase());
    return { name: given, rows };
  });
}

/**
 * Runs in a thread of its own: a large workbook takes seconds of one processor. The clock stands still there, as archives note when their files were
 * made, and the same sheets are to give the same bytes.
 */
const WORKER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const AT = Date.UTC(2000, 0, 1, 12);
  Date.now = () => AT;
  const head = (value) => ({ value, fontWeight: 'bold' });
  const width = (rows, i) => Math.min(60, Math.max(10, ...rows.slice(0, 100).map((row) => row[i] instanceof Date ? 20 : String(row[i] ?? '').length + 2)));
  import(workerData.writer).then(async ({ default: write }) => {
    const sheets = workerData.sheets.map(({ name, rows }) => ({
      sheet: name,
      data: rows.map((row, i) => i === 0 ? row.map(head) : row),
      columns: (rows[0] ?? []).map((_, i) => ({ width: width(rows, i) })),
      stickyRowsCount: 1,
      dateFormat: 'yyyy-mm-dd hh:mm:ss',
    }));
    const bytes = await write(sheets).toBuffer();
    parentPort.postMessage(new Uint8Array(bytes));
  });`;

/** An XLSX workbook: numbers, times (in UTC) and booleans as such, texts as texts. */
export function writeWorkbook(sheets: readonly Sheet[]): Promise<Buffer> {
  const writer = pathToFileURL(createRequire(import.meta.url).resolve('write-excel-file/node')).href;
  const worker = new Worker(WORKER, { eval: true, workerData: { writer, sheets: named(sheets) } });
  return new Promise((resolve, reject) => {
    worker.once('message', (bytes: Uint8Array) => resolve(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)));
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`The workbook was not written: its thread ended with ${String(code)}.`)));
  });
}
