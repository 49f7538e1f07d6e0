import type { StateInterval } from '../circuit.js';
import type { EpochMs, PortState, Span } from '../sample.js';
import type { CircuitInput, FactSettings } from './input.js';
import { type StateSink, type TransitionSource, walkStates } from './state.js';

export interface StateTransition {
  readonly at: EpochMs;
  readonly from: PortState;
  readonly to: PortState;
  readonly source: TransitionSource;
}

export interface StateTimeline {
  readonly intervals: StateInterval[];
  readonly transitions: StateTransition[];
}

/** Gathers what is told of a span; `stateTimeline` is the short way to one. */
export class TimelineSink implements StateSink, StateTimeline {
  readonly intervals: { from: EpochMs; to: EpochMs; state: PortState }[] = [];
  readonly transitions: StateTransition[] = [];

  constructor(private readonly span: Span) {}

  known(from: EpochMs, to: EpochMs, state: PortState): void {
    const start = Math.max(from, this.span.from);
    const end = Math.min(to, this.span.to);
    if (start >= end) return;
    const last = this.intervals.at(-1);
    if (last !== undefined && last.to === start && last.state === state) last.to = end;
    else this.intervals.push({ from: start, to: end, state });
  }

  transition(at: EpochMs, from: PortState, to: PortState, source: TransitionSource): void {
    if (this.span.from <= at && at < this.span.to) this.transitions.push({ at, from, to, source });
  }
}

/** Known states of the span as joined intervals (unknown time is absent), and its transitions. */
export const stateTimeline = (input: CircuitInput, span: Span, settings: FactSettings): StateTimeline => {
  const sink = new TimelineSink(span);
  walkStates(input, settings, sink);
  return { intervals: sink.intervals, transitions: sink.transitions };
};
