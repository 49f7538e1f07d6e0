import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { Transaction } from '../database.js';
import { CopyCursor } from './copy-cursor.js';
import type { CopyWriter } from './copy-writer.js';

/** Runs a query inside the transaction and hands its rows over one by one, in binary. It takes no parameters: `copyLiteral` writes numbers into it. */
export async function copyRows(tx: Transaction, select: string, take: (row: CopyCursor) => void): Promise<void> {
  const cursor = new CopyCursor();
  for await (const chunk of tx.client.query(copyTo(`copy (${select}) to stdout (format binary)`))) {
    cursor.feed(chunk as Buffer);
    while (cursor.next()) take(cursor);
  }
}

/** Appends rows to a table inside the transaction; a row that is there already fails. */
export async function copyInto(tx: Transaction, table: string, columns: readonly string[], rows: CopyWriter): Promise<void> {
  if (rows.rows === 0) return;
  const into = tx.client.query(copyFrom(`copy ${table} (${columns.join(', ')}) from stdin (format binary)`));
  await pipeline([rows.finish()], into);
}

/** Whole numbers as an array in SQL. */
export function copyLiteral(values: readonly number[], type: 'int' | 'bigint'): string {
  for (const value of values) if (!Number.isSafeInteger(value)) throw new RangeError(`${String(value)} is not a whole number.`);
  return `'{${values.join(',')}}'::${type}[]`;
}

/** An instant as SQL, from whole milliseconds. */
export function copyInstant(at: number): string {
  if (!Number.isSafeInteger(at)) throw new RangeError(`${String(at)} is not a whole number of milliseconds.`);
  return `'${new Date(at).toISOString()}'::timestamptz`;
}

/** A text as SQL, quoted. */
export const copyText = (text: string): string => pg.escapeLiteral(text);
