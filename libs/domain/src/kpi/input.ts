import type { EpochMs, PathSample, PortEvent, PortSample, PortState, Span } from '../sample.js';
import { HOUR_MS } from '../time/bucket.js';

/** All that was observed of one circuit around the asked hours. */
export interface CircuitInput {
  /** Ascending, one per instant; may reach beyond the asked hours. Polls of a cut-off gateway are still in here. */
  readonly polls: readonly PortSample[];
  /** Ascending; repeats do no harm. */
  readonly events: readonly PortEvent[];
  /** Ascending, one per peer and instant. */
  readonly paths: readonly PathSample[];
  /** The device was cut off from the cloud; an open end is Infinity. */
  readonly cutOffs: readonly Span[];
  /** Nobody read the organization for longer than the allowed gap. */
  readonly blind: readonly Span[];
  /** Last known state before the first poll or event given, however old. With its source it also holds as that would; without, it only tells transitions. */
  readonly prior: { readonly state: PortState; readonly at: EpochMs; readonly source?: 'event' | 'poll' } | null;
  /** Instants at which another device took over: its counters go on from nothing. Ascending. */
  readonly takeovers?: readonly EpochMs[];
  /** Nothing is known from here on: end of the last imported hour, or now. */
  readonly holdUntil: EpochMs;
}

export interface FactSettings {
  /** No difference and no polled state reaches over a longer gap. */
  readonly maxGapMs: number;
  /** A poll that contradicts an event younger than this is ignored. */
  readonly contradictMs: number;
  readonly disconnectedCountsAs: 'unknown' | 'down';
}

export const DEFAULT_FACT_SETTINGS: FactSettings = { maxGapMs: HOUR_MS, contradictMs: 120_000, disconnectedCountsAs: 'unknown' };
