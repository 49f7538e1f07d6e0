import type { StateInterval } from '../circuit.js';
import type { EpochMs, Span } from '../sample.js';
import { HOUR_MS } from '../time/bucket.js';
import { mergeSpans, overlapMs } from '../time/spans.js';
import { availabilityPct, coveragePct, type StateTime } from './availability.js';

/** The state minutes of one hour fact, in ms. */
export interface HourTime {
  readonly hour: EpochMs;
  readonly upMs: number;
  readonly downMs: number;
  /** State intervals tell when in the hour; imported hours have only their minutes. */
  readonly hasIntervals: boolean;
}

/** Time by state: all of it, and what of it lies inside maintenance. Adds up over hours, circuits and periods. */
export interface NetTime {
  readonly allMs: number;
  readonly upMs: number;
  readonly downMs: number;
  readonly insideMs: number;
  readonly insideUpMs: number;
  readonly insideDownMs: number;
}

export const NO_TIME: NetTime = { allMs: 0, upMs: 0, downMs: 0, insideMs: 0, insideUpMs: 0, insideDownMs: 0 };

export const addTime = (a: NetTime, b: NetTime): NetTime => ({
  allMs: a.allMs + b.allMs,
  upMs: a.upMs + b.upMs,
  downMs: a.downMs + b.downMs,
  insideMs: a.insideMs + b.insideMs,
  insideUpMs: a.insideUpMs + b.insideUpMs,
  insideDownMs: a.insideDownMs + b.insideDownMs,
});

/** What the state was inside the windows of one hour: by its intervals, else in proportion to the part that lies inside. */
function insideOf(
  { hour, upMs, downMs, hasIntervals }: HourTime,
  insideMs: number,
  { intervals, windows }: { intervals: readonly StateInterval[]; windows: readonly Span[] },
): Pick<NetTime, 'insideUpMs' | 'insideDownMs'> {
  if (insideMs === 0) return { insideUpMs: 0, insideDownMs: 0 };
  if (insideMs === HOUR_MS) return { insideUpMs: upMs, insideDownMs: downMs };
  if (!hasIntervals) {
    const share = insideMs / HOUR_MS;
    return { insideUpMs: Math.round(upMs * share), insideDownMs: Math.round(downMs * share) };
  }
  const inside = { up: 0, down: 0 };
  for (const { from, to, state } of intervals)
    inside[state] += overlapMs(windows, Math.max(from, hour), Math.min(to, hour + HOUR_MS));
  return { insideUpMs: Math.min(inside.up, upMs), insideDownMs: Math.min(inside.down, downMs) };
}

export interface NetInput {
  /** Facts of the asked hours, ascending. */
  readonly hours: readonly HourTime[];
  /** Known states around them, ascending, disjoint. */
  readonly intervals: readonly StateInterval[];
  /** Maintenance in any order; what overlaps counts once. */
  readonly windows: readonly Span[];
}

/** Time of an hour; `hour` = its start. */
export interface HourNetTime {
  readonly hour: EpochMs;
  readonly time: NetTime;
}

/** Time of each asked hour that starts in the span; hours without a fact are unknown. */
export function netTimes(input: NetInput, span: Span): HourNetTime[] {
  const facts = new Map(input.hours.map((each) => [each.hour, each]));
  const hours: HourTime[] = [];
  for (let hour = Math.ceil(span.from / HOUR_MS) * HOUR_MS; hour < span.to; hour += HOUR_MS)
    hours.push(facts.get(hour) ?? { hour, upMs: 0, downMs: 0, hasIntervals: false });
  return netTimesOfFacts({ ...input, hours });
}

/** Time of the hours that have a fact, ascending: those in which a circuit was where it is asked about. */
export function netTimesOfFacts({ hours, intervals, windows }: NetInput): HourNetTime[] {
  const [near, shut] = [new Reach(intervals), new Reach(mergeSpans(windows))];
  return hours.map((fact) => {
    const { hour, upMs, downMs } = fact;
    const around = shut.of(hour, hour + HOUR_MS);
    const insideMs = overlapMs(around, hour, hour + HOUR_MS);
    const inside = insideOf(fact, insideMs, { intervals: insideMs === 0 ? [] : near.of(hour, hour + HOUR_MS), windows: around });
    return { hour, time: { allMs: HOUR_MS, upMs, downMs, insideMs, ...inside } };
  });
}

/** The sum over an asked span. */
export const netTime = (input: NetInput, span: Span): NetTime =>
  netTimes(input, span).reduce((sum, { time }) => addTime(sum, time), NO_TIME);

/** Walks ascending, disjoint spans beside ascending questions. */
class Reach<T extends Span> {
  private next = 0;

  constructor(private readonly spans: readonly T[]) {}

  of(from: EpochMs, to: EpochMs): T[] {
    while ((this.spans[this.next]?.to ?? Infinity) <= from) this.next++;
    const found: T[] = [];
    for (let i = this.next; ; i++) {
      const span = this.spans[i];
      if (span === undefined || span.from >= to) return found;
      found.push(span);
    }
  }
}

export interface Availability extends StateTime {
  /** Null when nothing is known. */
  readonly availabilityPct: number | null;
  readonly coveragePct: number | null;
  readonly allMs: number;
}

const availabilityOf = (allMs: number, upMs: number, downMs: number): Availability => ({
  availabilityPct: availabilityPct(upMs, downMs),
  coveragePct: coveragePct(upMs + downMs, allMs),
  allMs,
  upMs,
  downMs,
  unknownMs: allMs - upMs - downMs,
});

/** Availability of all time, and net of maintenance: what lies inside counts neither as up nor as down nor as missing. */
export const grossAndNet = (time: NetTime): { gross: Availability; net: Availability } => ({
  gross: availabilityOf(time.allMs, time.upMs, time.downMs),
  net: availabilityOf(time.allMs - time.insideMs, time.upMs - time.insideUpMs, time.downMs - time.insideDownMs),
});
