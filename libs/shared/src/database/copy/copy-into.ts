import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { Transaction } from '../database.js';
import type { CopyWriter } from './copy-writer.js';

/** Appends rows to a table inside the transaction; a row that is there already fails. */
export async function copyInto(tx: Transaction, table: string, columns: readonly string[], rows: CopyWriter): Promise<void> {
  if (rows.rows === 0) return;
  const into = tx.client.query(copyFrom(`copy ${table} (${columns.join(', ')}) from stdin (format binary)`));
  await pipeline([rows.finish()], into);
}
