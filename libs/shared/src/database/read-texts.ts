import type { ExportRow } from '@app/domain';
import { classifyDatabaseError, type Database } from './database.js';

export interface AskedTexts {
  readonly sql: string;
  readonly values: readonly unknown[];
  /** Rows that are fetched at once. */
  readonly together?: number;
}

const TOGETHER = 2000;
/** A reader that takes nothing for so long loses its transaction: an open one keeps Postgres from tidying up. */
const IDLE_LIMIT = '5min';
const AS_IT_CAME = { getTypeParser: () => (value: unknown) => value };

/**
 * Rows of a query as the texts that Postgres sends, some at a time out of a cursor, so that memory stays flat whatever their number. The next rows
 * are fetched when the last were taken; whoever stops reading closes the cursor and gives the connection back.
 */
export async function* readTexts(
  database: Database,
  { sql, values, together = TOGETHER }: AskedTexts,
): AsyncGenerator<readonly ExportRow[]> {
  const { client, giveBack } = await database.lend();
  let broken: Error | undefined;
  try {
    // All rows will be read: the plan that is cheapest to its end, not to its first row.
    await client.query(
      `begin read only; set local cursor_tuple_fraction = 1; set local idle_in_transaction_session_timeout = '${IDLE_LIMIT}'`,
    );
    await client.query(`declare rows_of_export no scroll cursor for ${sql}`, values as unknown[]);
    const fetch = { text: `fetch ${String(together)} from rows_of_export`, rowMode: 'array' as const, types: AS_IT_CAME };
    for (;;) {
      const { rows } = await client.query<(string | null)[]>(fetch);
      if (rows.length > 0) yield rows;
      if (rows.length < together) return;
    }
  } catch (error) {
    throw classifyDatabaseError(error);
  } finally {
    await client.query('rollback').catch((error: Error) => {
      broken = error;
    });
    await giveBack(broken);
  }
}
