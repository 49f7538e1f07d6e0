import type { StateInterval } from '../circuit.js';
import type { PortState, Span } from '../sample.js';
import { mergeSpans, overlapMs } from '../time/spans.js';

/** Share of known time that was up, percent, from sums of time; nothing known gives null, not 100. */
export const availabilityPct = (up: number, down: number): number | null => (up + down > 0 ? (up / (up + down)) * 100 : null);

/** Share of a period in which the state is known, percent. */
export const coveragePct = (known: number, all: number): number | null => (all > 0 ? (known / all) * 100 : null);

/** An hour is up when any of it was, down when it is known and none was, else unknown. */
export const hourStatus = (up: number, down: number): PortState | 'unknown' => (up > 0 ? 'up' : down > 0 ? 'down' : 'unknown');

export interface StateTime {
  readonly upMs: number;
  readonly downMs: number;
  readonly unknownMs: number;
}

/** Time by state in the span with maintenance carved out; maintenance entered afterwards counts alike. */
export const stateTimeNet = (intervals: readonly StateInterval[], span: Span, maintenance: readonly Span[] = []): StateTime => {
  const carved = mergeSpans(maintenance);
  const net = (from: number, to: number): number => (from < to ? to - from - overlapMs(carved, from, to) : 0);
  const time = { upMs: 0, downMs: 0 };
  for (const { from, to, state } of intervals)
    time[state === 'up' ? 'upMs' : 'downMs'] += net(Math.max(from, span.from), Math.min(to, span.to));
  return { ...time, unknownMs: net(span.from, span.to) - time.upMs - time.downMs };
};
