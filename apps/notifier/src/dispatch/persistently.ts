import { setTimeout as pause } from 'node:timers/promises';
import { TransientError } from '@app/shared';

/** How long something is kept in memory while Postgres cannot be written to: almost as long as a claim lasts. */
const NOTING_MS = 90_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/** Writes down what nobody else knows: tried again while the database is away. */
export async function persistently<T>(write: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + NOTING_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof TransientError) || performance.now() > deadline) throw error;
      await pause(pauseMs);
    }
  }
}
