import type { ExportRow } from '@app/domain';
import { ProblemException } from '../http/problem.js';
import { lineFormat, lineStream, MAX_SHEET_ROWS, workbookOf } from './export-stream.js';
import type { ExportTable } from './export-table.js';

const TABLE: ExportTable = {
  name: 'things',
  about: 'One row per thing.',
  columns: [{ name: 'thing', type: 'text', about: 'Its name.' }],
  defaultDays: null,
  filters: [],
};
const CSV = lineFormat(TABLE, { format: 'csv', hasMark: false });

/** So many batches of a thousand rows; tells when it was closed. */
async function* rowsOf(batches: number, closed: () => void): AsyncGenerator<readonly ExportRow[]> {
  try {
    for (let i = 0; i < batches; i++) yield await Promise.resolve(Array.from({ length: 1000 }, () => ['x']));
  } finally {
    closed();
  }
}

describe('a spreadsheet', () => {
  it('of too many rows is refused before more are read, and names what has no limit', async () => {
    let closed = 0;
    const refused = await workbookOf(
      TABLE,
      rowsOf(1_000_000, () => (closed += 1)),
    ).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ProblemException);
    expect((refused as ProblemException).details.detail).toContain(`${String(MAX_SHEET_ROWS)} rows. Ask for format=csv`);
    expect(closed).toBe(1);
  });
});

describe('a stream of lines', () => {
  it('ends the rows and whoever counts them, even when nobody reads it', async () => {
    const told: string[] = [];
    const rows = rowsOf(10, () => told.push('closed'));
    const stream = await lineStream(TABLE, rows, { format: CSV, done: () => told.push('done') });
    stream.destroy();
    await new Promise((resolve) => stream.once('close', () => setImmediate(resolve)));
    expect(told).toEqual(['closed', 'done']);
  });

  it('tells an error of the first rows to whoever asked', async () => {
    // What fails before any row is there.
    async function* broken(): AsyncGenerator<readonly ExportRow[]> {
      await Promise.reject(new Error('no such table'));
      yield [];
    }
    await expect(lineStream(TABLE, broken(), { format: CSV, done: () => undefined })).rejects.toThrow('no such table');
  });

  it('has a mark for old spreadsheets, when asked', async () => {
    const format = lineFormat(TABLE, { format: 'csv', hasMark: true });
    const stream = await lineStream(
      TABLE,
      rowsOf(0, () => undefined),
      { format, done: () => undefined },
    );
    expect(await stream.toArray()).toEqual([Buffer.from('\uFEFFthing\r\n')]);
  });
});
