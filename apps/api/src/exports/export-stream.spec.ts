import { once } from 'node:events';
import type { ExportRow } from '@app/domain';
import { ProblemException } from '../http/problem.js';
import { lineFormat, lineStream, MAX_SHEET_ROWS, workbookOf } from './export-stream.js';
import type { ExportTable } from '@app/shared';

const TABLE: ExportTable = {
  name: 'things',
  about: 'One row per thing.',
  columns: [{ name: 'thing', type: 'text', about: 'Its name.' }],
  defaultDays: null,
  filters: [],
};
const CSV = lineFormat(TABLE, { format: 'csv', hasMark: false });
const LIMITS = { idleMs: 60_000, totalMs: 60_000 };

/** So many batches of a thousand rows; tells when it was closed. */
async function* rowsOf(batches: number, closed: () => void): AsyncGenerator<readonly ExportRow[]> {
  try {
    for (let i = 0; i < batches; i++) {
      // As what waits for a database, so that time goes on.
      await new Promise((resolve) => setImmediate(resolve));
      yield Array.from({ length: 1000 }, () => ['x']);
    }
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
    const stream = await lineStream(TABLE, rows, { format: CSV, limits: LIMITS, done: () => told.push('done') });
    stream.destroy();
    await new Promise((resolve) => stream.once('close', () => setImmediate(resolve)));
    expect(told).toEqual(['closed', 'done']);
  });

  it.each([
    ['takes nothing', { idleMs: 5, totalMs: 60_000 }, false, 'took nothing for 5 ms'],
    ['takes all, for too long', { idleMs: 60_000, totalMs: 20 }, true, 'not read to its end within 20 ms'],
  ])('cuts off a reader that %s', async (_who, limits, isRead, why) => {
    const told: string[] = [];
    const rows = rowsOf(isRead ? Infinity : 1000, () => told.push('closed'));
    const stream = await lineStream(TABLE, rows, { format: CSV, limits, done: () => told.push('done') });
    if (isRead) stream.resume();
    else stream.pause().read();
    const [error] = (await once(stream, 'error')) as [Error];
    expect(error.message).toContain(why);
    if (!stream.closed) await once(stream, 'close');
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual(['closed', 'done']);
  });

  it('does not blame a reader for rows that take their time', async () => {
    let next: () => void = () => undefined;
    // The second rows come when all of the first were taken.
    async function* slow(): AsyncGenerator<readonly ExportRow[]> {
      yield [['first']];
      await new Promise<void>((resolve) => (next = resolve));
      yield [['second']];
    }
    const limits = { idleMs: 20, totalMs: 60_000 };
    const stream = await lineStream(TABLE, slow(), { format: CSV, limits, done: () => undefined });
    const read: string[] = [];
    stream.on('data', (chunk: Buffer) => {
      read.push(String(chunk));
      setTimeout(() => next(), 2 * limits.idleMs);
    });
    await once(stream, 'close');
    expect(read.join('')).toBe('thing\r\nfirst\r\nsecond\r\n');
  });

  it('tells an error of the first rows to whoever asked', async () => {
    // What fails before any row is there.
    async function* broken(): AsyncGenerator<readonly ExportRow[]> {
      await Promise.reject(new Error('no such table'));
      yield [];
    }
    await expect(lineStream(TABLE, broken(), { format: CSV, limits: LIMITS, done: () => undefined })).rejects.toThrow(
      'no such table',
    );
  });

  it('has a mark for old spreadsheets, when asked', async () => {
    const format = lineFormat(TABLE, { format: 'csv', hasMark: true });
    const stream = await lineStream(
      TABLE,
      rowsOf(0, () => undefined),
      { format, limits: LIMITS, done: () => undefined },
    );
    expect(await stream.toArray()).toEqual([Buffer.from('\uFEFFthing\r\n')]);
  });
});
