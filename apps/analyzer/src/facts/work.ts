import type { EpochMs } from '@app/domain';
import type { LockedCircuit } from './circuits.repository.js';

/** Stretch of time of one circuit in which something new is known; both ends belong to it. */
export interface Touch {
  readonly circuitId: number;
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** Nothing outside the hours themselves can be different. */
  readonly isLocal?: boolean;
}

/** Hours `[from, to)` of one circuit to be computed again. */
export interface Work {
  readonly circuit: LockedCircuit;
  readonly from: EpochMs;
  readonly to: EpochMs;
}
