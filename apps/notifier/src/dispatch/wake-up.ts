import type { EpochMs } from '@app/domain';

/** Wake-ups within such a step are one: many alerts that fall together need no job each. */
const STEP_MS = 250;

export interface WakeUp {
  /** The same for everything in one step: the second job of a step does nothing while the first waits. */
  readonly jobId: string;
  readonly delayMs: number;
}

/** The job that looks at an org once something is due: at the end of its step, so that it is never too early for anything in it. */
export function wakeUpAt(orgId: number, dueAt: EpochMs, now: EpochMs): WakeUp {
  const step = Math.ceil(dueAt / STEP_MS);
  return { jobId: `wake-${orgId}-${step}`, delayMs: step * STEP_MS - now };
}
