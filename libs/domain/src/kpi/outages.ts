import type { StateInterval } from '../circuit.js';
import type { EpochMs, Span } from '../sample.js';
import { mergeSpans, overlapMs } from '../time/spans.js';

/**
 * A time without the circuit. It begins when the circuit goes down and ends when it is seen up; time in which nobody knows does not end it: down,
 * unknown, down is one outage.
 */
export interface Outage {
  readonly start: EpochMs;
  /** Last instant at which the circuit is known to be down. */
  readonly end: EpochMs;
  /** Known to be down; the rest of the outage is unknown. */
  readonly downMs: number;
  /** First instant at which it was seen up again; null: not yet. With `end` before it, nobody knows when in between it came back. */
  readonly upAgainAt: EpochMs | null;
  /** Of the known down time. */
  readonly maintenanceMs: number;
}

interface Building {
  start: EpochMs;
  end: EpochMs;
  downMs: number;
  maintenanceMs: number;
}

/** The outages in ascending, disjoint state intervals; the first is whole only when they begin with a known up. */
export function outagesOf(intervals: readonly StateInterval[], maintenance: readonly Span[] = []): Outage[] {
  const windows = mergeSpans(maintenance);
  const outages: Outage[] = [];
  let open: Building | null = null;
  for (const { from, to, state } of intervals) {
    if (state === 'up') {
      if (open !== null) outages.push({ ...open, upAgainAt: from });
      open = null;
      continue;
    }
    open ??= { start: from, end: to, downMs: 0, maintenanceMs: 0 };
    open.end = to;
    open.downMs += to - from;
    open.maintenanceMs += overlapMs(windows, from, to);
  }
  return open === null ? outages : [...outages, { ...open, upAgainAt: null }];
}

export type InMaintenance = 'no' | 'partly' | 'wholly';

/** How much of an outage's known down time lies inside maintenance. */
export const inMaintenance = ({ downMs, maintenanceMs }: Outage): InMaintenance =>
  maintenanceMs === 0 ? 'no' : maintenanceMs < downMs ? 'partly' : 'wholly';
