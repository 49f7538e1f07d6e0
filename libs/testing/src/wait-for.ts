import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs?: number;
  /** What is waited for, as a sentence for the failure; may look at the state then. */
  readonly describe?: string | (() => string);
}

type Falsy = false | null | undefined;

/** Asks until the condition gives something, and returns that; fails with the description when it takes too long. */
export async function waitFor<T>(condition: () => T | Falsy | Promise<T | Falsy>, options: WaitOptions = {}): Promise<T> {
  const { timeoutMs = 30_000, describe = 'the condition' } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const outcome = await condition();
    if (outcome !== false && outcome !== null && outcome !== undefined) return outcome;
    if (performance.now() > deadline) {
      throw new Error(`Waited ${timeoutMs} ms in vain for ${typeof describe === 'function' ? describe() : describe}.`);
    }
    await delay(10);
  }
}
