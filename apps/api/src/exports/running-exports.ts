import { Injectable } from '@nestjs/common';
import { problem } from '../http/problem.js';

/** Each holds a connection of the pool as long as its reader takes; others must go on. */
const MOST = 3;
const RETRY_AFTER_S = 15;

/** How many exports run in this process. */
@Injectable()
export class RunningExports {
  private running = 0;

  /** Begins one; what it returns ends it, once. */
  begin(): () => void {
    if (this.running >= MOST)
      throw problem('rate-limited', {
        detail: `${String(MOST)} exports are running; wait until one of them is done.`,
        headers: { 'retry-after': String(RETRY_AFTER_S) },
      });
    this.running += 1;
    let isOver = false;
    return () => {
      if (!isOver) this.running -= 1;
      isOver = true;
    };
  }
}
