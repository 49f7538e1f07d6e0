import type pg from 'pg';
import type { Transaction } from '../database.js';
import type { CopyWriter } from './copy-writer.js';

/** Rows to be appended to a table. */
export interface TableRows {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: CopyWriter;
}

const COPY_DATA = 0x64;
const COPY_DONE = Buffer.of(0x63, 0, 0, 0, 4);
/** Kind and length of a message; the length counts itself. */
const HEAD_BYTES = 5;
/** Bytes in one message: the server reads rows while the next come. */
const MESSAGE_BYTES = 65_536;

/**
 * Statements of which some are `copy ... from stdin`, sent together with the rows of these: one way there and back for all. The server takes up the
 * rows of a copy where it comes to it, and passes over those of a copy that it never reached because something before it failed.
 */
class CopyIntoQuery implements pg.Submittable {
  /** Settled when the connection is free again. */
  readonly done: Promise<void>;
  private resolve: () => void = () => undefined;
  private reject: (error: Error) => void = () => undefined;

  constructor(
    private readonly sql: string,
    private readonly copies: readonly Buffer[],
  ) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  submit(connection: pg.Connection): void {
    const { stream } = connection;
    stream.cork();
    connection.query(this.sql);
    for (const rows of this.copies) {
      for (let at = 0; at < rows.length; at += MESSAGE_BYTES) {
        const part = rows.subarray(at, at + MESSAGE_BYTES);
        const head = Buffer.allocUnsafe(HEAD_BYTES);
        head.writeUInt8(COPY_DATA);
        head.writeInt32BE(part.length + 4, 1);
        stream.write(head);
        stream.write(part);
      }
      stream.write(COPY_DONE);
    }
    stream.uncork();
  }

  handleCopyInResponse(): void {
    // What it asks for is on its way.
  }

  handleCommandComplete(): void {
    // How many rows there are, the writer has counted.
  }

  handleError(error: Error): void {
    this.reject(error);
  }

  handleReadyForQuery(): void {
    this.resolve();
  }
}

const copySql = ({ table, columns }: TableRows): string => `copy ${table} (${columns.join(', ')}) from stdin (format binary)`;

/** Appends rows to a table inside the transaction; a row that is there already fails. */
export async function copyInto(tx: Transaction, table: string, columns: readonly string[], rows: CopyWriter): Promise<void> {
  if (rows.rows === 0) return;
  await tx.client.query(new CopyIntoQuery(copySql({ table, columns, rows }), [rows.finish()])).done;
}

const UNIQUE_VIOLATION = '23505';
/** Whether a row could not be appended because one of its key is there already. */
export const isTaken = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION;

/** Appends rows to several tables inside the transaction, in one message. Where one of them is there already, none is appended: `false`. */
export async function copyIfNew(tx: Transaction, tables: readonly TableRows[]): Promise<boolean> {
  const filled = tables.filter(({ rows }) => rows.rows > 0);
  if (filled.length === 0) return true;
  const sql = `savepoint before_copy; ${filled.map(copySql).join('; ')}; release savepoint before_copy`;
  try {
    await tx.client.query(
      new CopyIntoQuery(
        sql,
        filled.map(({ rows }) => rows.finish()),
      ),
    ).done;
    return true;
  } catch (error) {
    if (!isTaken(error)) throw error;
    await tx.query('rollback to savepoint before_copy; release savepoint before_copy');
    return false;
  }
}
