import type { EpochMs } from '../sample.js';
import type { Severity } from '../severity.js';
import type { EscalationStep } from './policy.js';

/** When and how often a step was told. */
export interface StepTold {
  readonly at: EpochMs;
  readonly times: number;
}

/** One climb through the steps of a policy. A worse severity, an acknowledgement that ended and the end of a silence begin another one. */
export interface EscalationRound {
  readonly at: EpochMs;
  readonly policy: string;
  /** What was told last, or what the round began with. */
  readonly severity: Severity;
  /** By step; `null` = not told yet. */
  readonly told: readonly (StepTold | null)[];
}

export interface StepsDue {
  readonly due: readonly number[];
  /** One of them is told for the first time in this round. */
  readonly isFirst: boolean;
  /** When the next comes that is not due yet; `null` = none does. */
  readonly dueAt: EpochMs | null;
}

/** When a step is told next; `null` = never again in this round. Repeats that were missed are not made up for. */
function nextAt(step: EscalationStep, told: StepTold | null, roundAt: EpochMs, repeatMs: number): EpochMs | null {
  if (told === null) return roundAt + step.afterMs;
  const isOver = step.repeats !== null && told.times > step.repeats;
  return isOver ? null : told.at + (step.repeatMs ?? repeatMs);
}

/** The steps whose time has come. */
export function stepsDue(steps: readonly EscalationStep[], round: EscalationRound, now: EpochMs, repeatMs: number): StepsDue {
  const times = steps.map((step, i) => nextAt(step, round.told[i] ?? null, round.at, repeatMs));
  const due = times.flatMap((at, i) => (at !== null && at <= now ? [i] : []));
  const later = times.filter((at): at is EpochMs => at !== null && at > now);
  return {
    due,
    isFirst: due.some((i) => (round.told[i] ?? null) === null),
    dueAt: later.length === 0 ? null : Math.min(...later),
  };
}

/** The steps that were told in this round. */
export const stepsReached = ({ told }: EscalationRound): number[] => told.flatMap((step, i) => (step === null ? [] : [i]));

/** The round after these steps were told. What was told because of news takes no repeat away, it only puts the next one off. */
export function afterTelling(
  round: EscalationRound,
  steps: readonly number[],
  { now, severity, due }: { readonly now: EpochMs; readonly severity: Severity; readonly due: readonly number[] },
): EscalationRound {
  const length = Math.max(round.told.length, ...steps.map((i) => i + 1));
  const told = Array.from({ length }, (_, i) => {
    const before = round.told[i] ?? null;
    if (!steps.includes(i)) return before;
    return { at: now, times: (before?.times ?? 0) + (before === null || due.includes(i) ? 1 : 0) };
  });
  return { ...round, severity, told };
}
