import type pg from 'pg';
import type { CopyCursor } from './copy-cursor.js';
import { CopyQuery } from './copy-query.js';

/** Batches that may wait for a slow reader before the server is held back. */
const MOST_WAITING = 4;

/** The rows of a query, made by `read`, in batches as they arrive; a reader that is slow slows the server down, so that memory stays flat. */
export async function* copyBatches<T>(client: pg.ClientBase, select: string, read: (row: CopyCursor) => T): AsyncGenerator<T[]> {
  const waiting: T[][] = [];
  let batch: T[] = [];
  let isDone = false;
  let wake = (): void => undefined;
  const query = new CopyQuery(select, {
    row: (row) => batch.push(read(row)),
    together: () => {
      if (batch.length > 0) waiting.push(batch);
      batch = [];
      if (waiting.length > MOST_WAITING) query.pause();
      wake();
    },
  });
  const end = client.query(query).done.finally(() => {
    isDone = true;
    wake();
  });
  // Whether it failed is asked when all that came before has been handed over.
  end.catch(() => undefined);
  for (;;) {
    const next = waiting.shift();
    if (next !== undefined) {
      yield next;
      if (waiting.length === 0) query.resume();
      continue;
    }
    if (isDone) break;
    await new Promise<void>((resolve) => (wake = resolve));
  }
  await end;
}
