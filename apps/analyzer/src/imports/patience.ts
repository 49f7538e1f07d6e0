import { setTimeout as pause } from 'node:timers/promises';
import { TransientError } from '@app/shared';

/** Times some work is tried when the database is busy or gone for the moment, or another writer was in the way. */
const ATTEMPTS = 5;
/** Each pause is longer than the one before, so that a database which starts again has some seconds. */
const FIRST_PAUSE_MS = 100;
const GROWTH = 3;

/** A deadlock with live work undoes a whole transaction, which may then be tried again. */
export async function withPatience<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TransientError) || attempt >= ATTEMPTS) throw error;
    }
    await pause(FIRST_PAUSE_MS * GROWTH ** (attempt - 1));
  }
}
