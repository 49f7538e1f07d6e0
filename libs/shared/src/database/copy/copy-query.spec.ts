import { EventEmitter } from 'node:events';
import type pg from 'pg';
import { CopyQuery } from './copy-query.js';

const message = (kind: string, ...body: Uint8Array[]): Buffer => {
  const content = Buffer.concat(body);
  const head = Buffer.alloc(5);
  head.write(kind, 'latin1');
  head.writeInt32BE(4 + content.length, 1);
  return Buffer.concat([head, content]);
};
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const row = (value: number): Buffer => {
  const bytes = Buffer.alloc(10);
  bytes.writeInt16BE(1);
  bytes.writeInt32BE(4, 2);
  bytes.writeInt32BE(value, 6);
  return bytes;
};
const NOTICE = message('N', Buffer.from('notice'));
const DONE = message('c');
const AFTER = message('Z', Buffer.from('T'));
const ROWS = [message('H', Buffer.alloc(3)), message('d', SIGNATURE, row(7)), NOTICE, message('d', row(-8))];

/** Runs a copy over a connection on which the server's bytes come in pieces; tells what the driver got of them. */
function copyIn(pieces: readonly Buffer[]) {
  const stream = new EventEmitter();
  const passed: Buffer[] = [];
  stream.on('data', (bytes: Buffer) => passed.push(bytes));
  const statements: string[] = [];
  const values: number[] = [];
  const query = new CopyQuery('select 1', { row: (cursor) => values.push(cursor.int4()) });
  query.submit({ stream, query: (text: string) => statements.push(text) } as unknown as pg.Connection);
  for (const piece of pieces) stream.emit('data', piece);
  return { values, statements, passed: Buffer.concat(passed) };
}

const cut = (bytes: Buffer, length: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) => bytes.subarray(i * length, (i + 1) * length));

describe('a copy on a connection', () => {
  const all = Buffer.concat([...ROWS, message('d', Buffer.of(0xff, 0xff)), DONE, AFTER]);

  it.each([1, 2, 3, 5, 7, 11, 64, 1000])(
    'reads rows that come in pieces of %s bytes, and leaves the rest to the driver',
    (length) => {
      const { values, passed, statements } = copyIn(cut(all, length));
      expect(values).toEqual([7, -8]);
      expect(statements).toEqual(['copy (select 1) to stdout (format binary)']);
      expect(passed).toEqual(Buffer.concat([ROWS[0] ?? NOTICE, NOTICE, DONE, AFTER]));
    },
  );

  it.each([1, 4, 1000])('gives the connection back when the server fails, after pieces of %s bytes', (length) => {
    const failure = message('E', Buffer.from('failed'));
    const { values, passed } = copyIn(cut(Buffer.concat([...ROWS, failure, AFTER]), length));
    expect(values).toEqual([7, -8]);
    expect(passed).toEqual(Buffer.concat([ROWS[0] ?? NOTICE, NOTICE, failure, AFTER]));
  });
});
